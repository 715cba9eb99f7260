"""Schedules and batch plans."""
