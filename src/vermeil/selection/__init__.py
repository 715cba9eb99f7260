"""Selection: which silver to trust, and what is more likely true."""
