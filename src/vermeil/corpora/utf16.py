"""Offsets in UTF-16 code units, as Java and JavaScript count them, and in code points.

Characters above U+FFFF (most emoji, rare Chinese characters) are two units and one code point.
"""

from __future__ import annotations

from itertools import accumulate

from vermeil.data.document import Range


def units_before(text: str) -> list[int]:
    """Return for each code point, and for the end, how many units stand before it."""
    return [0, *accumulate(1 + (character > "\uffff") for character in text)]


def from_utf16(text: str, place: Range) -> Range | None:
    """Return a range of units as one of code points; None where it cuts a character in two."""
    units = {number: position for position, number in enumerate(units_before(text))}
    start, end = units.get(place[0]), units.get(place[1])
    return None if start is None or end is None else (start, end)
