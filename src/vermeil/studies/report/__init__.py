"""The report of a study: HTML page, Markdown, CSV and terminal."""
