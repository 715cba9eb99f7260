"""Alignment: locate the mentions of a reply in the text and resolve conflicts between them."""
