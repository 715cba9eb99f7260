"""Sharing through the Hugging Face Hub: push and pull of models and corpora."""
