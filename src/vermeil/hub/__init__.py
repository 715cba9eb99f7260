"""Hugging Face Hub: upload and download of files, only when a caller requests it."""
