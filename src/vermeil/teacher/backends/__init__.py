"""Backends: one client per kind of API."""
