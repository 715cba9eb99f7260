"""Replay: recorded replies served over HTTP in place of a teacher."""
