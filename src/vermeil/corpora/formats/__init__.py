"""Corpus file formats, one file per format."""
