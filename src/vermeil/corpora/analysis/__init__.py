"""Analysis of corpora: leaks, splits and statistics."""
