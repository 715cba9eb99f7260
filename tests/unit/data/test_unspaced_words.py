"""Words of scripts without spaces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.words import split_words

LETTERS = "東京都知事หกสิบ王小明カタかな"


def surfaces(text: str) -> list[str]:
    return [text[a:b] for a, b in split_words(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("王小明去了北京。", list("王小明去了北京。")),
        ("彼はIBMに2024年入社。", ["彼", "は", "IBM", "に", "2024", "年", "入", "社", "。"]),
        ("「東京」へ", ["「", "東", "京", "」", "へ"]),
        ("ไปกรุงเทพฯ", ["ไ", "ป", "ก", "รุ", "ง", "เ", "ท", "พ", "ฯ"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("か\u3099き", ["か\u3099", "き"]),
        ("葛\U000e0100城", ["葛\U000e0100", "城"]),
        ("王 met Mr. Smith's team (in 東京).", None),
    ],
)
def test_every_letter_with_its_marks_is_a_word(text: str, words: list[str] | None) -> None:
    if words is None:
        words = ["王", "met", "Mr.", "Smith", "'s", "team", "(", "in", "東", "京", ")", "."]
    assert surfaces(text) == words


def test_korean_has_spaces_and_stays_as_it_is() -> None:
    assert surfaces("김철수는 서울에") == ["김철수는", "서울에"]


@given(st.text(st.sampled_from(LETTERS + "ab1 .、\u0e34\u0e48\n"), max_size=40))
def test_words_are_in_order_and_cover_all_but_white_space(text: str) -> None:
    words = split_words(text)
    assert all(a < b for a, b in words)
    assert all(x[1] <= y[0] for x, y in pairwise(words))
    covered = "".join(text[a:b] for a, b in words)
    assert covered == "".join(text.split())
