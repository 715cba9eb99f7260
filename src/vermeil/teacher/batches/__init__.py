"""Batches: submit, poll and collect requests through a provider's batch API."""
