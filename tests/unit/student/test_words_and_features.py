from __future__ import annotations

import pytest

from vermeil.student.encoding.features import LOWER, MIXED, NONE, TITLE, UPPER, letter_case


@pytest.mark.parametrize(
    ("word", "case"),
    [
        ("bank", LOWER),
        ("EU", UPPER),
        ("Bank", TITLE),
        ("J.", TITLE),
        ("U.S.", UPPER),
        ("McDonald", MIXED),
        ("iPhone", MIXED),
        ("1996-08-30", NONE),
        (",", NONE),
        ("日本", LOWER),
        ("Élan", TITLE),
    ],
)
def test_letter_case(word: str, case: int) -> None:
    assert letter_case(word) == case
