"""Scripts without spaces between words: Chinese, Japanese, Thai, Lao, Burmese and Khmer."""

from __future__ import annotations

import re

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""Letters of these scripts, as a class of a regular expression."""
MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3"
    "\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
)
"""Marks that belong to the letter before them."""
UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")
_PUNCTUATION = (
    "\u3001-\u3003\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
PIECE = re.compile(
    rf"[{UNSPACED}][{MARKS}]*|[{_PUNCTUATION}]|(?:(?![{UNSPACED}{_PUNCTUATION}])\S)+"
)
"""A letter of these scripts with its marks, a punctuation mark of theirs, or a run of anything
else."""
