"""Vermeil: silver plated with gold. LLM annotations and a few human ones make a small NER model."""

__version__ = "0.1.0"
