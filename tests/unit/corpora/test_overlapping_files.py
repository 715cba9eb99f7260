"""Files with overlapping and discontinuous spans, read for a task with nested spans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.nested_toys import nested_documents, nested_task

from vermeil.corpora import CorpusConfig, corpus_stats, read_corpus, write_corpus
from vermeil.data.document import Document
from vermeil.data.words import split_words
from vermeil.errors import DataError
from vermeil.tasks import task_for

TEXT = "Bo left Leeds City Council and the North and West Leeds clubs.\n"
ANN = """\
T1\tPER 0 2\tBo
T2\tORG 8 26\tLeeds City Council
T3\tLOC 8 13\tLeeds
T4\tLOC 8 18\tLeeds City
T5\tORG 35 40;50 61\tNorth Leeds clubs
T6\tORG 45 61\tWest Leeds clubs
"""


@pytest.fixture
def overlapping(tmp_path: Path) -> Document:
    (tmp_path / "brat").mkdir()
    (tmp_path / "brat" / "a.txt").write_text(TEXT)
    (tmp_path / "brat" / "a.ann").write_text(ANN)
    (document,) = read_corpus(CorpusConfig(path=tmp_path / "brat"), nested_task().check)
    return document


def test_overlaps_and_pieces_of_brat_are_kept_and_counted(overlapping: Document) -> None:
    assert [span.key for span in overlapping.spans or ()] == [
        *((0, 2, "PER"), (8, 13, "LOC"), (8, 18, "LOC"), (8, 26, "ORG")),
        *((35, 61, "ORG"), (45, 61, "ORG")),
    ]
    assert overlapping.meta["discontinuous"] == [{"pieces": [[35, 40], [50, 61]], "label": "ORG"}]
    stats = corpus_stats([overlapping])
    assert (stats.overlapping, stats.discontinuous) == (1, 1)
    target = nested_task().encode(overlapping, split_words(TEXT))
    assert target.encoding_losses == {"same_label": 2}


def test_without_nested_the_error_names_the_key(overlapping: Document) -> None:
    with pytest.raises(DataError, match=r"nested spans .* set task\.nested = true to keep both"):
        nested_task(nested=False).check(overlapping)


def test_documents_with_overlaps_determine_their_task(overlapping: Document) -> None:
    guessed = task_for([overlapping])
    assert guessed.config.nested
    guessed.check(overlapping)
    assert guessed.count(overlapping.annotation, overlapping.annotation).overall.correct == 6


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("jsonl", "a.jsonl"),
        ("brat", "brat"),
        ("webanno", "webanno"),
        ("label-studio", "a.json"),
        ("prodigy", "a.jsonl"),
    ],
)
def test_formats_that_hold_overlaps_lose_none(tmp_path: Path, name: Any, file: str) -> None:
    corpus = nested_documents(6)
    report = write_corpus(corpus, tmp_path / file, name)
    assert "overlap" not in report.losses
    again = {one.id: one for one in read_corpus(CorpusConfig(path=tmp_path / file))}
    assert {d.id: [s.key for s in again[d.id].spans or ()] for d in corpus} == {
        d.id: [s.key for s in d.spans or ()] for d in corpus
    }


def test_conll_leaves_inner_spans_out_and_counts_them(tmp_path: Path) -> None:
    report = write_corpus(nested_documents(6), tmp_path / "a.conll")
    assert report.losses["overlap"] == 6
