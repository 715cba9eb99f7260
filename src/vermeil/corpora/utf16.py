"""Conversion of offsets between UTF-16 code units (Java, JavaScript) and code points.

Characters above U+FFFF (most emoji, rare Chinese characters) are two units and one code point.
"""

from __future__ import annotations

from itertools import accumulate


def units_before(text: str) -> list[int]:
    """Return the number of units before each code point, and before the end."""
    return [0, *accumulate(1 + (character > "\uffff") for character in text)]
