from __future__ import annotations

from vermeil.data.region import merge_ranges


def test_ranges_that_overlap_or_touch_become_one() -> None:
    assert merge_ranges([(7, 9), (0, 3), (2, 5), (5, 6)]) == [(0, 6), (7, 9)]
    assert merge_ranges([(0, 9), (1, 2)]) == [(0, 9)]
    assert merge_ranges([]) == []
