"""Search for the training settings with the best F1 on dev."""
