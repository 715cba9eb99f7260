"""Clients of OpenAI's API: online and batches."""
