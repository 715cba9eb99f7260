"""Refinement: judge silver with students that were trained out of fold, and correct it."""
