from __future__ import annotations

from pathlib import Path

import pytest
from tests.encoders import FAMILIES, make_family

from vermeil.student.encoding import wordpieces
from vermeil.student.encoding.wordpieces import Wordpieces
from vermeil.student.network.network import load_tokenizer


def test_words_are_split_as_transformers_splits_them(encoder: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(str(encoder))
    tokenizer.backend_tokenizer.save(str(tmp_path / "tokenizer.json"))
    words = ["Bo", "met", "Al-7", "in", "Zürich", "."]
    ours = Wordpieces.load(tmp_path, 1, 0)
    [pieces] = ours.encode_words([words])
    theirs = tokenizer(words, is_split_into_words=True)
    assert [*ours.prefix, *(p for word in pieces for p in word), *ours.suffix] == theirs.input_ids
    assert len(pieces[2]) == 4


def test_nothing_is_cut_off_and_no_word_is_lost(encoder: Path) -> None:
    [pieces, nothing] = Wordpieces.load(encoder, 1, 0).encode_words([["x" * 50, "\u200b"], []])
    assert (len(pieces[0]), pieces[1], nothing) == (50, [1], [])


def test_words_that_came_before_are_remembered_within_bounds(
    encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wordpieces, "WORD_CACHE_SIZE", 3)
    tokenizer = Wordpieces.load(encoder, 1, 0)
    texts = [["Bo", "met", "Bo", "y" * 41], ["Al", "met", "Di"], ["Bo", "y" * 41]]
    at_once = tokenizer.encode_words(texts)
    assert [tokenizer.encode_words([words])[0] for words in texts] == at_once
    assert at_once[0][0] == at_once[2][0] != at_once[1][0]
    assert len(tokenizer._cache) <= 3
    assert "y" * 41 not in tokenizer._cache


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_words_by_themselves_are_split_as_words_in_a_text(family: str, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(str(make_family(family, tmp_path)))
    words = ["Bo", "went", "to", "Rome", "Rome", "Al:", "42", "Bo"]
    [pieces] = Wordpieces(tokenizer.backend_tokenizer, 1, 0).encode_words([words])
    theirs = tokenizer(words, is_split_into_words=True, add_special_tokens=False)
    assert [p for word in pieces for p in word] == theirs.input_ids
