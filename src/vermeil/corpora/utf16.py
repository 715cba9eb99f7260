"""Conversion of offsets between UTF-16 code units (Java, JavaScript) and code points.

Characters above U+FFFF (most emoji, rare Chinese characters) are two units and one code point.
"""

from __future__ import annotations

from itertools import accumulate

from vermeil.data.document import Range


def units_before(text: str) -> list[int]:
    """Return the number of units before each code point, and before the end."""
    return [0, *accumulate(1 + (character > "\uffff") for character in text)]


def from_utf16(text: str, place: Range) -> Range | None:
    """Return a range of units as code points; None if it cuts a character in two."""
    units = {number: position for position, number in enumerate(units_before(text))}
    start, end = units.get(place[0]), units.get(place[1])
    return None if start is None or end is None else (start, end)
