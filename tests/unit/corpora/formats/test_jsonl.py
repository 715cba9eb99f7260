from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import (
    CorpusConfig,
    document_from_record,
    document_to_line,
    document_to_record,
    read_corpus,
)
from vermeil.corpora.reading import ReadReport
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation
from vermeil.errors import DataError

FULL: dict[str, Any] = {
    "id": "a",
    "group": "g",
    "text": "Ann met Bob",
    "tokens": [[0, 3], [4, 7], [8, 11]],
    "spans": [
        {
            "start": 0,
            "end": 3,
            "label": "PER",
            "score": 0.5,
            "weight": 2.0,
            "status": "exact",
            "origin": "silver",
            "soft": {"PER": 0.9, "ORG": 0.1},
        },
        {"start": 8, "end": 11, "label": "PER"},
    ],
    "abstain": [{"start": 4, "end": 7}],
    "labels": ["news"],
    "relations": [{"head": 0, "tail": 1, "label": "met"}],
    "weight": 0.5,
    "meta": {"source": {"page": 3}},
}


def test_a_full_record_survives_with_its_keys_in_order() -> None:
    again = document_to_record(document_from_record(FULL))
    assert again == FULL
    assert list(again) == list(FULL)
    assert list(again["spans"][0]) == list(FULL["spans"][0])


def test_absent_optional_keys_are_left_out() -> None:
    assert document_to_record(Document("a", "x")) == {"id": "a", "text": "x"}


@pytest.mark.parametrize("key", ["spans", "labels", "relations", "tokens"])
def test_absent_and_null_differ_from_empty(key: str) -> None:
    def read(**more: Any) -> tuple[Any, ...] | None:
        document = document_from_record({"id": "a", "text": "x", **more})
        return {
            "spans": document.spans,
            "labels": document.labels,
            "relations": document.annotation.relations,
            "tokens": document.tokens,
        }[key]

    assert read() is None
    assert read(**{key: None}) is None
    assert read(**{key: []}) == ()
    unannotated = document_to_record(document_from_record({"id": "a", "text": "x", key: None}))
    assert key not in unannotated
    looked = document_to_record(document_from_record({"id": "a", "text": "x", key: []}))
    assert looked[key] == []


def test_relations_follow_their_spans_into_order() -> None:
    record = {
        "id": "a",
        "text": "Ann met Bob",
        "spans": [{"start": 8, "end": 11, "label": "B"}, {"start": 0, "end": 3, "label": "A"}],
        "relations": [{"head": 1, "tail": 0, "label": "met"}],
    }
    document = document_from_record(record)
    assert [span.label for span in document.spans or ()] == ["A", "B"]
    assert document.annotation.relations == (Relation(0, 1, "met"),)


def span(**changes: Any) -> Any:
    return {"spans": [{"start": 0, "end": 1, "label": "A"} | changes]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": None}, '"id" is null; expected a string'),
        ({"id": 7}, '"id" is 7; expected a string'),
        ({"id": ""}, "document without an id"),
        ({"text": ["x"]}, '"text" is ["x"]; expected a string'),
        ({"group": 3}, '"group" is 3; expected a string'),
        ({"topic": ["x"]}, 'unknown key "topic"; known keys: id, group, text'),
        ({"topic": "x", "spans": []}, 'unknown key "topic"; known keys: id, group, text'),
        ({"label": "x"}, 'unknown key "label"; known keys: id, group, text'),
        ({"sapns": 1}, 'unknown key "sapns"; known keys: id, group, text'),
        ({"tokens": [[0, 1, 2]]}, '"tokens" holds [0, 1, 2]; expected [start, end] pairs'),
        ({"tokens": [[True, 2]]}, '"tokens" holds [true, 2]'),
        ({"tokens": ["x"]}, '"tokens" holds "x"'),
        ({"tokens": [[0, 9]]}, "token [0, 9) is empty, out of order or out of range"),
        ({"spans": {}}, '"spans" is {}; expected a list'),
        ({"spans": ["x"]}, '"spans" holds "x"; expected objects'),
        (span(start="0"), '"start" is "0"; expected a whole number'),
        (span(start=False), '"start" is false; expected a whole number'),
        (span(end=1.0), '"end" is 1.0; expected a whole number'),
        (span(end=5), "ends beyond the text, which has 3 characters"),
        (span(end=0), "span [0, 0) is empty"),
        (span(start=-1), "span [-1, 1) is empty or negative"),
        (span(label=""), "has an empty label"),
        (span(text="x"), 'unknown key "text" in "spans"; known keys: start, end'),
        (span(score=2), "has score 2.0, not in [0, 1]"),
        (span(score=True), '"score" is true; expected a number'),
        (span(weight=-1), "has the loss weight -1.0"),
        (span(weight=1e38), "has the loss weight 1e+38; expected a number from 0 to 1e+15"),
        (span(soft={"A": "x"}), '"A" is "x"; expected a number'),
        ({"abstain": [{"start": 0, "end": 4}]}, "abstention [0, 4) is out of range"),
        ({"labels": "news"}, '"labels" is "news"; expected a list'),
        ({"labels": [1]}, '"labels" holds 1; expected strings'),
        (
            {"relations": [{"head": 0, "tail": 1, "label": "r"}]},
            "relation 'r' names span 1; there are 0 spans",
        ),
        ({"weight": -1}, "document 'a' has the loss weight -1.0; expected a number from 0 to"),
        ({"weight": 1e38}, "document 'a' has the loss weight 1e+38"),
        ({"meta": []}, '"meta" is []; expected an object'),
    ],
)
def test_a_wrong_record_is_an_error_with_place_and_expectation(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = tmp_path / "wrong.jsonl"
    right = {"id": "right", "text": "abc"}
    path.write_text(f"{json.dumps(right)}\n\n{json.dumps({'id': 'a', 'text': 'abc'} | changes)}\n")
    documents = read_corpus(CorpusConfig(path=path))
    assert next(documents).id == "right"
    with pytest.raises(DataError) as caught:
        next(documents)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}:3: ")


@pytest.mark.parametrize("missing", ["id", "text"])
def test_id_and_text_must_be_there(missing: str) -> None:
    record = {"id": "a", "text": "x"}
    del record[missing]
    with pytest.raises(DataError, match=f'"{missing}" is missing; expected a string'):
        document_from_record(record)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a"', "not JSON: Expecting ',' delimiter at character 11"),
        ("[1]", r"expected a JSON object, found 1"),
        ('{"id": "a", "text": "x", "weight": NaN}', "NaN is not JSON"),
        ('{"id": "a", "text": "x", "weight": 1e999}', "the number 1e999 is too large"),
        ('{"id": "a", "text": "\\ud800"}', "half of a surrogate pair"),
        ('{"id": "a", "text": "\\uDfff"}', "half of a surrogate pair"),
        ("[" * 100_000, "nested too deeply|not JSON"),
    ],
)
def test_what_is_no_record_is_an_error_with_its_line(
    tmp_path: Path, line: str, message: str
) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(DataError, match=message) as caught:
        list(read_corpus(CorpusConfig(path=path, format="jsonl")))
    assert (caught.value.path, caught.value.line) == (path, 1)


def test_whole_surrogate_pairs_are_one_character(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": "a", "text": "\\ud83d\\ude00"}\n')
    assert next(read_corpus(CorpusConfig(path=path))).text == "\U0001f600"


@pytest.mark.parametrize("value", [float("nan"), {1, 2}])
def test_meta_that_json_cannot_hold_is_an_error(value: float | set[int]) -> None:
    with pytest.raises(DataError, match="document 'a' holds a value that JSON cannot represent"):
        document_to_line(Document("a", "x", meta={"key": value}))


def test_text_is_written_as_it_is_not_escaped() -> None:
    line = document_to_line(Document("a", "Zoë", annotation=Annotation(spans=(Span(0, 3, "P"),))))
    assert "Zoë" in line
    assert "\n" not in line


def test_plain_values_of_an_unannotated_text_are_read_into_meta(tmp_path: Path) -> None:
    path = tmp_path / "pool.jsonl"
    lines = [
        '{"id": "1", "text": "Ada.", "date": "2026-11-30", "ward": 7, "meta": {"ward": 8}}',
        '{"id": "2", "text": "Bob.", "date": null, "source": "letters"}',
    ]
    path.write_text("\n".join(lines), "utf-8")
    reports: list[ReadReport] = []
    first, second = read_corpus(CorpusConfig(path=path), None, reports.append)
    assert first.meta == {"date": "2026-11-30", "ward": 8}
    assert second.meta == {"date": None, "source": "letters"}
    assert reports[0].choices == {"into meta": "date, ward, source"}
