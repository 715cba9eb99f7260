"""Occurrences as whole words, scripts without spaces, and attached particles."""

from __future__ import annotations

import pytest

from vermeil.tasks.ner.alignment.normalise import raw
from vermeil.tasks.ner.alignment.occurrences import (
    find_occurrences,
    find_substring,
    is_attached,
    is_boundary,
    is_unspaced_script,
)


def test_occurrences_are_whole_words_and_may_overlap() -> None:
    assert find_occurrences("us and bus, us", "us") == [(0, 2), (12, 14)]
    assert find_occurrences("A A A", "A A") == [(0, 3), (2, 5)]
    assert find_occurrences("A A", "") == []


@pytest.mark.parametrize(("length", "number"), [(100, 3), (101, 1)])
def test_only_short_strings_overlap(length: int, number: int) -> None:
    assert len(list(find_substring(raw("a" * (length + 2)), "a" * length))) == number


@pytest.mark.parametrize(
    ("text", "position", "boundary"),
    [
        ("ab", 1, False),
        ("a1", 1, False),
        ("a.", 1, True),
        (".a", 1, True),
        ("aé", 1, False),
        ("é.", 1, True),
        ("e\u0301", 1, False),
        ("a\u00adb", 1, False),
        ("a\u00adb", 2, False),
        ("a\u2060\u00ad.", 2, True),
        ("a漢", 1, True),
        ("漢a", 1, True),
        ("漢字", 1, True),
    ],
)
def test_boundaries(text: str, position: int, boundary: bool) -> None:
    assert is_boundary(text, position) is boundary


@pytest.mark.parametrize("character", "ぁヿ一鿿\u0e01\u0fffｦﾝ々〇")
def test_scripts_without_spaces(character: str) -> None:
    assert is_unspaced_script(character)


@pytest.mark.parametrize("other", ["a", "é", "가", "א", "\u1100", "\u303f", "\uff9e"])
def test_scripts_with_spaces(other: str) -> None:
    assert not is_unspaced_script(other)


@pytest.mark.parametrize("letter", "אתۿݐݿיﷲﻼ")
@pytest.mark.parametrize(("before", "after"), [(0, 0), (3, 0), (0, 3), (3, 3)])
def test_arabic_and_hebrew_attach_up_to_three_letters_on_both_sides(
    letter: str, before: int, after: int
) -> None:
    assert is_attached(letter * (before + 2 + after), (before, before + 2))
    assert not is_attached(letter * (before + 2 + 4), (before, before + 2))
    assert not is_attached(letter * (4 + 2 + after), (4, 6))


def test_hangul_attaches_after_a_word_only() -> None:
    assert is_attached("서울에서", (0, 2))
    assert is_attached("서울에서는", (0, 2))
    assert not is_attached("서울에서까지", (0, 2))
    assert not is_attached("대서울", (1, 3))


def test_other_scripts_and_single_letters_attach_nothing() -> None:
    assert not is_attached("Ulmer", (0, 3))
    assert not is_attached("ותא", (1, 2))
