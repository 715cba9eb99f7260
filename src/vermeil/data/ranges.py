"""Operations on several ranges of a text."""

from __future__ import annotations

from collections.abc import Iterable

from vermeil.data.document import Range


def merge_ranges(ranges: Iterable[Range]) -> list[Range]:
    """Return the union of ranges, in order; ranges that overlap or touch become one."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
