"""Where the sample corpus lies."""

from __future__ import annotations

from pathlib import Path

NEWSWIRE = Path(__file__).parent / "newswire"
"""Folder of the sample: gold splits, an unannotated pool and recorded replies; see its README."""
