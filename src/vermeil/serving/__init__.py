"""The HTTP service over one model."""
