"""Clients of Anthropic's API: online and batches."""
