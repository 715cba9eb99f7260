"""Cells: one regimen, seed, data size and budget; training, scores and observations."""
