"""Exports of annotation tools as the tools write them, and what is wrong with them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.data.document import Document, Span
from vermeil.data.relation import Relation
from vermeil.errors import DataError

GRIN = "\U0001f600"


def read(
    tmp_path: Path, content: list[dict[str, Any]] | str, name: str = "export.json", **config: Any
) -> list[Document]:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return list(read_corpus(CorpusConfig(path=path, **config)))


def keys(document: Document) -> list[tuple[int, int, str]]:
    return [span.key for span in document.spans or ()]


def labelled(start: int, end: int, label: str, **more: Any) -> dict[str, dict[str, Any] | str]:
    value = {"start": start, "end": end, "labels": [label], **more}
    result = {"id": f"i{start}", "from_name": "l", "to_name": "t"}
    return {**result, "type": "labels", "value": value}


def task(*annotations: dict[str, Any], text: str = "Ann met Bob", **more: Any) -> dict[str, Any]:
    return {"id": 5, "data": {"text": text}, "annotations": list(annotations), **more}


# Label Studio


def test_label_studio_last_answer_counts_and_the_others_are_counted(tmp_path: Path) -> None:
    first = {"result": [labelled(0, 3, "A")], "created_at": "2026-01-02"}
    last = {"result": [labelled(8, 11, "B")], "created_at": "2026-01-03", "completed_by": 7}
    cancelled = {"result": [], "was_cancelled": True, "created_at": "2026-01-04"}
    drafts = [{"result": [labelled(0, 1, "C")], "user": "eve"}]
    (document,) = read(tmp_path, [task(last, first, cancelled, drafts=drafts)])
    assert document.id == "5"
    assert keys(document) == [(8, 11, "B")]
    unread = {"answers_draft": 1, "answers_skipped": 1, "other_answers": 1}
    assert document.meta == {"unread": unread}


def test_label_studio_predictions_are_read_where_no_answer_is(tmp_path: Path) -> None:
    prediction = {"result": [labelled(0, 3, "A")], "model_version": "m"}
    (document,) = read(tmp_path, [task(predictions=[prediction])])
    assert keys(document) == [(0, 3, "A")]
    (document,) = read(tmp_path, [task({"result": []}, predictions=[prediction])])
    assert document.spans == ()
    cancelled = task({"result": [], "was_cancelled": True})
    (document,) = read(tmp_path, [cancelled])
    assert document.spans is None
    assert document.meta == {"unread": {"answers_skipped": 1}}


def test_label_studio_choices_relations_and_other_results(tmp_path: Path) -> None:
    relation = {"type": "relation", "from_id": "i0", "to_id": "i8", "labels": ["knows"]}
    results = [
        labelled(8, 11, "B"),
        labelled(0, 3, "A"),
        {**relation, "direction": "left"},
        {**relation, "to_id": "gone"},
        {"type": "choices", "value": {"choices": ["news"]}},
        {"type": "rating", "value": {"rating": 3}},
    ]
    (document,) = read(tmp_path, [task({"result": results})])
    assert keys(document) == [(0, 3, "A"), (8, 11, "B")]
    assert document.annotation.relations == (Relation(1, 0, "knows"),)
    assert document.labels == ("news",)
    assert document.meta == {"unread": {"relations": 1, "results_rating": 1}}


def test_label_studio_offsets_of_old_editors_are_recognised_by_the_surface(tmp_path: Path) -> None:
    text = f"{GRIN} Ann {GRIN}\nBob"
    new = [labelled(2, 5, "A", text="Ann"), labelled(6, 11, "B", text=f"{GRIN}\\nBob")]
    old = [labelled(3, 6, "A", text="Ann"), labelled(7, 13, "B", text=f"{GRIN}\\nBob")]
    for results, meta in (new, {}), (old, {"unread": {"utf16_offsets_converted": 2}}):
        (document,) = read(tmp_path, [task({"result": results}, text=text)])
        assert keys(document) == [(2, 5, "A"), (6, 11, "B")]
        assert document.meta == meta
    wrong = labelled(0, 3, "A", text="Eve")
    (document,) = read(tmp_path, [task({"result": [wrong]}, text=text)])
    assert document.spans is None
    assert document.meta == {"unread": {"surfaces_that_differ": 1}}


# doccano


def test_doccano_in_all_its_forms(tmp_path: Path) -> None:
    lines = [
        {"id": 1, "text": "Ann met Bob", "label": [[0, 3, "A"]], "Comments": ["sure?"], "src": "x"},
        {
            "id": 2,
            "text": "Ann met Bob",
            "entities": [
                {"id": 70, "label": "B", "start_offset": 8, "end_offset": 11},
                {"id": 71, "label": "A", "start_offset": 0, "end_offset": 3},
            ],
            "relations": [
                {"id": 1, "from_id": 70, "to_id": 71, "type": "met"},
                {"id": 2, "from_id": 70, "to_id": 5, "type": "met"},
            ],
        },
        {"id": 3, "text": "Ann", "label": ["news"]},
        {"id": 4, "text": "Ann", "label": [[0, 3, "A"]], "cats": ["news", "short"]},
    ]
    first, second, third, fourth = read(tmp_path, "\n".join(map(json.dumps, lines)), "x.jsonl")
    assert (first.id, keys(first)) == ("1", [(0, 3, "A")])
    assert first.meta == {"src": "x", "unread": {"comments": 1}}
    assert keys(second) == [(0, 3, "A"), (8, 11, "B")]
    assert second.annotation.relations == (Relation(1, 0, "met"),)
    assert second.meta == {"unread": {"relations": 1}}
    assert (third.spans, third.labels) == (None, ("news",))
    assert (keys(fourth), fourth.labels) == ([(0, 3, "A")], ("news", "short"))


# Prodigy


def test_prodigy_answers_and_tokens(tmp_path: Path) -> None:
    tokens = [
        {"text": "Ann", "start": 0, "end": 3, "id": 0, "ws": True},
        {"text": " ", "start": 4, "end": 5, "id": 1, "ws": False},
        {"text": "met", "start": 5, "end": 8, "id": 2, "ws": False},
    ]
    spans = [{"start": 0, "end": 3, "label": "A", "token_start": 0, "token_end": 0}]
    one = {"text": "Ann  met", "tokens": tokens, "spans": spans, "meta": {"source": "x"}}
    lines = [
        {**one, "_input_hash": n, "answer": a} for n, a in enumerate(("accept", "reject", "ignore"))
    ]
    accepted, rejected, ignored = read(tmp_path, "\n".join(map(json.dumps, lines)), "x.jsonl")
    assert (accepted.id, keys(accepted)) == ("x-0", [(0, 3, "A")])
    assert accepted.tokens == ((0, 3), (5, 8))
    assert accepted.meta == {"source": "x"}
    assert rejected.spans is None
    assert rejected.meta["unread"] == {"answers_rejected": 1}
    assert ignored.meta["unread"] == {"answers_skipped": 1}


def test_prodigy_gets_the_words_of_a_span(tmp_path: Path) -> None:
    document = Document("a", f"{GRIN} Ann's hat", tokens=((0, 1), (2, 5), (5, 7), (8, 11)))
    spans = (Span(2, 7, "A"), Span(3, 5, "B"))
    marked = document.with_annotation(document.annotation.__class__(spans=spans))
    write_corpus([marked], tmp_path / "x.jsonl", "prodigy")
    record = json.loads((tmp_path / "x.jsonl").read_text())
    assert [token["text"] for token in record["tokens"]] == [GRIN, "Ann", "'s", "hat"]
    assert [token["ws"] for token in record["tokens"]] == [True, False, True, False]
    whole, part = record["spans"]
    assert (whole["token_start"], whole["token_end"]) == (1, 2)
    assert "token_start" not in part


# Argilla


def test_argilla_responses_come_before_suggestions(tmp_path: Path) -> None:
    def value(start: int, end: int) -> list[dict[str, int | str]]:
        return [{"start": start, "end": end, "label": "A"}]

    record: dict[str, Any] = {
        "id": "r",
        "fields": {"body": "Ann met Bob"},
        "metadata": {"source": "x"},
        "suggestions": {"spans": {"value": value(0, 3), "agent": "m"}},
        "responses": {"spans": [{"value": value(8, 11), "user_id": "u"}]},
        "status": "completed",
    }
    (document,) = read(tmp_path, [record])
    assert keys(document) == [(8, 11, "A")]
    assert document.meta == {"source": "x"}
    record["responses"]["spans"][0]["status"] = "discarded"
    (document,) = read(tmp_path, [record])
    assert document.spans is None
    assert document.meta["unread"] == {"answers_skipped": 1}
    record |= {"responses": {}, "status": "pending"}
    (document,) = read(tmp_path, [record])
    assert keys(document) == [(0, 3, "A")]
    assert document.meta["unread"] == {"suggestions_only": 1}


# Containers, and what is wrong


@pytest.mark.parametrize("key", ["not_annotated", "nobody_looked"])
def test_no_answer_of_doccano_stays_unannotated(tmp_path: Path, key: str) -> None:
    record = {"text": "Ann", "label": [], "vermeil": {"id": "a", key: True}}
    (document,) = read(tmp_path, json.dumps(record), "x.jsonl", format="doccano")
    assert (document.id, document.spans, document.meta) == ("a", None, {})
    answered = record | {"label": [[0, 3, "PER"]]}
    (document,) = read(tmp_path, json.dumps(answered), "x.jsonl", format="doccano")
    assert keys(document) == [(0, 3, "PER")]


def test_arrays_are_read_packed_and_with_the_line_of_each_object(tmp_path: Path) -> None:
    path = tmp_path / "x.json.gz"
    tasks = [task({"result": []}, text="x" * 200_000), task({"result": []}, text="y")]
    tasks[1]["id"] = 6
    path.write_bytes(gzip.compress(json.dumps(tasks, indent=1).encode()))
    first, second = read_corpus(CorpusConfig(path=path))
    assert (len(first.text), second.text) == (200_000, "y")


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ('[\n{"data": {"text": 3}}]', 2, '"text" is 3; expected a string'),
        ('[\n{"data": {"a": "x", "b": "y"}}]', 2, '"data" holds a, b; expected "text"'),
        ('[{"data": {"text": "x"}},\n\n 3]', 3, "expected a JSON object, found 3"),
        ('[{"data": {"text": "x"}}\n{', 2, "expected a comma or the array's end, found '{'"),
        ('[{"data": {"text": "x"}}\n', 2, "but the file ends; check that it is complete"),
        ('[{"data": {"text": "x"}},\n{"data": ', 2, "not JSON: Expecting value"),
        ('[{"data": {"text": "x"}}]\n x', 2, "expected nothing after the array's end"),
        ("[]", None, "holds no document"),
        ('{"data": {"text": "x"}}\n{"data": 3}', 2, '"data" is 3; expected an object'),
        ('{"text": "x", "label": [[0, 1]], "id": 1}', 1, "expected [start, end, label]"),
        ('{"text": "x", "answer": "yes"}', 1, '"answer" is "yes"; expected one of accept'),
        ('{"text": "x", "_input_hash": 1, "spans": [3]}', 1, '"spans" holds 3; expected objects'),
        ('{"fields": {"a": 1}}', 1, '"fields" holds a; expected "text"'),
    ],
)
def test_errors_name_line_and_expectation(
    tmp_path: Path, content: str, line: int | None, message: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    named = "doccano" if '"label"' in content else "auto"
    with pytest.raises(DataError) as caught:
        list(read_corpus(CorpusConfig(path=path, format=named)))
    assert message in str(caught.value)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_objects_of_an_array_stream_before_a_fault_further_down(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('[{"data": {"text": "x"}},\n{broken')
    documents = read_corpus(CorpusConfig(path=path))
    assert next(documents).text == "x"
    with pytest.raises(DataError, match=r"x.json:2: not JSON"):
        next(documents)


def test_a_path_may_begin_with_its_format() -> None:
    config = CorpusConfig.model_validate("doccano:some/x.jsonl")
    assert (config.format, str(config.path)) == ("doccano", "some/x.jsonl")
    assert CorpusConfig(path="C:/x.jsonl").format == "auto"
    with pytest.raises(ValueError, match="the path names doccano and the key format is prodigy"):
        CorpusConfig(path="doccano:x", format="prodigy")
