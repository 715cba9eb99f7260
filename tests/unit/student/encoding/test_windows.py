from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vermeil.student.encoding.windows import Window, cut_windows


def test_a_short_document_is_one_window() -> None:
    assert cut_windows([1, 2, 3], limit=6, overlap=2) == [Window(0, 3, 0, 3)]


def test_a_document_without_words_is_one_empty_window() -> None:
    assert cut_windows([], limit=6, overlap=2) == [Window(0, 0, 0, 0)]


def test_words_in_an_overlap_belong_where_they_stand_farther_from_the_edge() -> None:
    first, second = cut_windows([1] * 10, limit=8, overlap=4)
    assert (first.first, first.last) == (0, 8)
    assert (second.first, second.last) == (4, 10)
    assert first.own_last == second.own_first == 6


@given(
    pieces=st.lists(st.integers(1, 8), max_size=80),
    limit=st.integers(8, 30),
    overlap=st.integers(0, 40),
)
def test_every_word_is_owned_once_and_no_window_is_too_long(
    pieces: list[int], limit: int, overlap: int
) -> None:
    windows = cut_windows(pieces, limit, overlap)
    owned = [i for w in windows for i in range(w.own_first, w.own_last)]
    assert owned == list(range(len(pieces)))
    for window in windows:
        assert window.first <= window.own_first <= window.own_last <= window.last
        assert sum(pieces[window.first : window.last]) <= limit
