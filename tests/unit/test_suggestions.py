"""The hint of an error message about an unknown word."""

from __future__ import annotations

import pytest

from vermeil.errors import did_you_mean

KNOWN = ("mode", "model", "base_url", "LOC", "Work_For")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("modle", "model"),
        ("mdoe", "mode"),
        ("modell", "model"),
        ("base_ulr", "base_url"),
        ("Loc", "LOC"),
        ("work_fro", "Work_For"),
    ],
)
def test_the_most_similar_word_is_named(word: str, meant: str) -> None:
    assert did_you_mean(word, KNOWN) == f"; did you mean {meant}?"


def test_nothing_is_named_if_no_word_is_similar() -> None:
    assert did_you_mean("threads", KNOWN) == did_you_mean("x", ()) == ""
