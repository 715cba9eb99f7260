"""Ranges of a text, several at once."""

from __future__ import annotations

from collections.abc import Iterable

from vermeil.data.document import Range


def merge_ranges(ranges: Iterable[Range]) -> list[Range]:
    """Return what ranges cover together, in order; those that overlap or touch become one."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
