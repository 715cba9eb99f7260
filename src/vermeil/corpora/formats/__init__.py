"""File formats of corpora: one file per format, and their table in `registry`."""
