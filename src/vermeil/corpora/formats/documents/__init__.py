"""Documents with a layout: PDF, Word and HTML, one file per kind; read, not written."""
