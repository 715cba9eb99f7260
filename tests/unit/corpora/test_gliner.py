"""Formats of GLiNER and GLiNER2: reading, writing, and the validators of their own packages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation
from vermeil.errors import DataError

GOLD = (
    Document(
        "a",
        "Ann Lee left Rome.",
        annotation=Annotation(spans=(Span(0, 7, "person"), Span(13, 17, "place"))),
    ),
    Document(
        "b", "Ann saw Ann in Ann-Arbor", annotation=Annotation(spans=(Span(8, 11, "person"),))
    ),
    Document("c", "Nothing here .", annotation=Annotation(spans=())),
    Document("d", "Never looked at."),
)


def write(path: Path, records: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), "utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_training_records_of_gliner_count_words(tmp_path: Path) -> None:
    report = write_corpus(GOLD, tmp_path / "x.jsonl", "gliner")
    first, second, third = lines(tmp_path / "x.jsonl")
    assert first["tokenized_text"] == ["Ann", "Lee", "left", "Rome", "."]
    assert first["ner"] == [[0, 1, "person"], [3, 3, "place"]]
    assert second["ner"] == [[2, 2, "person"]]
    assert second["tokenized_text"][-1] == "Ann-Arbor"
    assert third["ner"] == []
    assert all(record["ner_labels"] == ["person", "place"] for record in (first, second, third))
    assert (report.written, report.losses["unwritable"]) == (3, 1)


def test_training_records_of_gliner_are_read_back(tmp_path: Path) -> None:
    write_corpus(GOLD, tmp_path / "x.jsonl", "gliner")
    again = list(read_corpus(tmp_path / "x.jsonl"))
    assert [(d.id, d.text, d.spans) for d in again] == [(d.id, d.text, d.spans) for d in GOLD[:3]]


def test_predictions_of_gliner_become_soft_labels(tmp_path: Path) -> None:
    entity = {"start": 0, "end": 3, "text": "Ann", "label": "person", "score": 0.8}
    path = write(
        tmp_path / "x.jsonl",
        [
            {
                "text": "Ann left",
                "entities": [{**entity, "class_probs": {"person": 0.8, "org": 0.1}}],
            },
            {
                "text": "Ann left",
                "entities": [{**entity, "class_probs": {"person": 0.8, "org": 0.8}}],
            },
            {"text": "Ann left", "entities": [entity]},
            {"text": "None", "entities": []},
        ],
    )
    spans = [d.spans for d in read_corpus(path)]
    assert spans[0] == (Span(0, 3, "person", 0.8, soft={"person": 0.8, "org": 0.1}),)
    assert spans[1] == (Span(0, 3, "person", 0.8, soft={"person": 0.5, "org": 0.5}),)
    assert spans[2] == (Span(0, 3, "person", 0.8),)
    assert spans[3] == ()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"tokenized_text": ["Ann"], "ner": [[0, 1, "person"]]}, "words from 0 to 0"),
        ({"tokenized_text": ["Ann", ""], "ner": []}, "words that are not empty"),
        (
            {
                "text": "\U0001f600 Ann",
                "entities": [{"start": 3, "end": 6, "text": "Ann", "label": "p", "score": 1}],
            },
            "count characters",
        ),
        (
            {"text": "Ann", "entities": [{"start": 0, "end": 3, "label": "p", "score": 2}]},
            "a number from 0 to 1",
        ),
    ],
)
def test_an_error_names_the_line(tmp_path: Path, record: Any, message: str) -> None:
    path = write(tmp_path / "x.jsonl", [record])
    with pytest.raises(DataError, match=rf"x\.jsonl:1: .*{message}"):
        list(read_corpus(CorpusConfig(path=path, format="gliner")))


def test_training_records_of_gliner2(tmp_path: Path) -> None:
    related = Document(
        "e",
        "Ann runs Acme",
        annotation=Annotation(
            spans=(Span(0, 3, "person"), Span(9, 13, "org")),
            labels=("news",),
            relations=(Relation(0, 1, "runs"),),
        ),
    )
    report = write_corpus((*GOLD, related), tmp_path / "x.jsonl", "gliner2")
    records = lines(tmp_path / "x.jsonl")
    assert records[0]["output"] == {
        "entities": {"org": [], "person": ["Ann Lee"], "place": ["Rome"]}
    }
    assert records[1]["output"]["entities"]["person"] == [{"text": "Ann", "start": 8, "end": 11}]
    assert records[2]["output"]["entities"] == {"org": [], "person": [], "place": []}
    assert records[3]["output"]["relations"] == [{"runs": {"head": "Ann", "tail": "Acme"}}]
    assert (report.written, report.losses["unwritable"]) == (4, 1)
    again = list(read_corpus(tmp_path / "x.jsonl"))
    assert [d.spans for d in again[:3]] == [d.spans for d in GOLD[:3]]
    assert again[3].annotation.labels == ("news",)
    assert again[3].meta["unread"] == {"relations": 1}


def test_predictions_of_gliner2(tmp_path: Path) -> None:
    entity = {"text": "Ann", "start": 0, "end": 3, "confidence": 0.9}
    path = write(
        tmp_path / "x.jsonl",
        [
            {"text": "Ann left", "entities": {"person": [entity], "place": []}},
            {"text": "Ann met ann and Anna", "entities": {"person": ["Ann", "Bo"]}},
        ],
    )
    first, second = read_corpus(path)
    assert first.spans == (Span(0, 3, "person", 0.9),)
    assert second.spans == (Span(0, 3, "person"), Span(8, 11, "person"))
    assert second.meta["unread"] == {"mentions_not_in_the_text": 1}


def test_the_words_are_those_of_gliner(tmp_path: Path) -> None:
    tokenizer = pytest.importorskip("gliner.data_processing.tokenizer")
    words = tokenizer.WhitespaceTokenSplitter()
    write_corpus(GOLD, tmp_path / "x.jsonl", "gliner")
    for document, record in zip(GOLD, lines(tmp_path / "x.jsonl"), strict=False):
        assert [word for word, _, _ in words(document.text)] == record["tokenized_text"]


def test_gliner2_accepts_the_training_records(tmp_path: Path) -> None:
    """The package's own check finds every mention, and keeps every record."""
    data = pytest.importorskip("gliner2.training.data")
    write_corpus(GOLD, tmp_path / "x.jsonl", "gliner2")
    dataset = data.TrainingDataset.load(str(tmp_path / "x.jsonl"))
    assert len(dataset) == 3
    assert [example.validate() for example in dataset] == [[], [], []]
