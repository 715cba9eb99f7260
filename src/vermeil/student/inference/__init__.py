"""Prediction, without torch."""
