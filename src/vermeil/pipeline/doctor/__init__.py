"""State of the machine and of a project."""
