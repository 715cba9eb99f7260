"""Encoding of documents into wordpieces, windows and features, without torch."""
