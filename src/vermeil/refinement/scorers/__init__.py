"""Scorers: students whose predictions are signals for the judge."""
