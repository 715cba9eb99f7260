"""WebAnno TSV 3, as INCEpTION writes it: reader and writer."""
