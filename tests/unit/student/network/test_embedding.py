"""Sentence embeddings and the order of the nearest texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vermeil.errors import EncoderNotFoundError
from vermeil.student.network.embedding import TextIndex

TEXTS = ["Rain fell in Oslo.", "The bank cut its rate.", "Oslo had rain again.", ""]


@pytest.fixture(scope="module")
def index(encoder: Path) -> Any:
    return TextIndex(TEXTS, str(encoder))


def test_a_text_is_nearest_to_itself_and_all_are_ranked(index: Any) -> None:
    for position, text in enumerate(TEXTS):
        assert index.nearest(text)[0] == position
        assert sorted(index.nearest(text)) == [0, 1, 2, 3]


def test_embeddings_have_length_one_and_do_not_depend_on_the_company(
    encoder: Path, index: Any
) -> None:
    alone = TextIndex(TEXTS[1:2], str(encoder))
    for text in (*TEXTS, "word " * 500):
        vector = index.embed(text)
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
        assert (vector == alone.embed(text)).all()


def test_equally_near_texts_keep_their_order(encoder: Path) -> None:
    same = TextIndex(["b", "a", "b", "a"], str(encoder))
    assert same.nearest("a")[:2] == [1, 3]


def test_an_encoder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderNotFoundError, match="no folder"):
        TextIndex(TEXTS, str(tmp_path / "none"))


def test_the_embedded_encoder_finds_what_is_about_the_same() -> None:
    index = TextIndex(["The striker scored twice.", "Shares fell on Monday."], "embedded")
    assert index.nearest("The stock market lost ground.") == [1, 0]
    assert index.nearest("A goal in the last minute won the match.") == [0, 1]
