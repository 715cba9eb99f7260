"""Anthropic's API, online and in batches."""
