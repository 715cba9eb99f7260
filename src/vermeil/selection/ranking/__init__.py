"""Ranking of documents for annotation: one file per strategy, arrays in, orders out."""
