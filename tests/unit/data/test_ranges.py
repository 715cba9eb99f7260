from __future__ import annotations

from vermeil.data.ranges import joined


def test_ranges_that_overlap_or_touch_become_one() -> None:
    assert joined([(7, 9), (0, 3), (2, 5), (5, 6)]) == [(0, 6), (7, 9)]
    assert joined([(0, 9), (1, 2)]) == [(0, 9)]
    assert joined([]) == []
