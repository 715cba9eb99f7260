"""Prediction of a folder of files on a Ray cluster."""
