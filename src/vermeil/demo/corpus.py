"""Location of the sample corpus."""

from __future__ import annotations

from pathlib import Path

NEWSWIRE = Path(__file__).parent / "newswire"
"""Folder of the sample corpus: gold splits, pool and recorded replies (see its README)."""
