from __future__ import annotations

from pathlib import Path

from vermeil.student.network import load_tokenizer
from vermeil.student.wordpieces import Wordpieces


def test_words_are_split_as_transformers_splits_them(encoder: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(str(encoder))
    tokenizer.backend_tokenizer.save(str(tmp_path / "tokenizer.json"))
    words = ["Bo", "met", "Al-7", "in", "Zürich", "."]
    ours = Wordpieces.load(tmp_path, 1, 0)
    [pieces] = ours.of_words([words])
    theirs = tokenizer(words, is_split_into_words=True)
    assert [*ours.prefix, *(p for word in pieces for p in word), *ours.suffix] == theirs.input_ids
    assert len(pieces[2]) == 4


def test_nothing_is_cut_off_and_no_word_is_lost(encoder: Path) -> None:
    [pieces, nothing] = Wordpieces.load(encoder, 1, 0).of_words([["x" * 50, "\u200b"], []])
    assert (len(pieces[0]), pieces[1], nothing) == (50, [1], [])
