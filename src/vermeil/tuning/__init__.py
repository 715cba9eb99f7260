"""The search for settings that do best on dev."""
