"""Immutable, validated data types that all packages share; standard library and numpy only."""
