"""One folder per task, holding all that is specific to it."""
