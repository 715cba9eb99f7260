"""Statistics over additive counts."""
