"""Optimisation of the teacher's prompt: optimisers, folds, cross-fitting and report."""
