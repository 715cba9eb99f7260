"""Classification: labels of whole texts."""
