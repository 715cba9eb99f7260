"""Format WebAnno TSV 3 of INCEpTION: reader and writer."""
