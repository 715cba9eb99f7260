"""Offsets that files write as text: parsing with a bound, and conversion between units."""

from __future__ import annotations

_DIGITS = 15
"""Largest number of digits of an offset; a longer number is not an offset into any text."""


def parse_offset(text: str) -> int:
    """Return the number that a file writes as an offset.

    Raises:
        ValueError: it is not a whole number, or has more than 15 digits.
    """
    if len(text) > _DIGITS:
        raise ValueError(f"{text[:_DIGITS]}… has {len(text)} digits")
    return int(text)
