"""Annotation tools: export for review, import of answers."""
