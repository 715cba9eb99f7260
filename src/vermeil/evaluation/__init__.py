"""Evaluation: scores of documents, intervals, significance tests, calibration, learning curves."""
