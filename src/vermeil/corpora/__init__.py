"""Files to documents and back, one file per format."""
