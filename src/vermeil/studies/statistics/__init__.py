"""Statistics over the cells of a study."""
