"""Answers of annotation tools that must not become wrong training data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, corpus_stats, read_corpus, write_corpus
from vermeil.corpora.reading import ReadReport
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import DataError
from vermeil.jobs.review import import_review
from vermeil.jobs.review_report import ReviewReport

TEXT = "Mara saw Pavel in Oslo."


def read(tmp_path: Path, records: Any, name: str = "x.jsonl", **config: Any) -> list[Document]:
    path = tmp_path / name
    lines = json.dumps(records) if name.endswith(".json") else "\n".join(map(json.dumps, records))
    path.write_text(lines)
    return list(read_corpus(CorpusConfig(path=path, **config)))


def found(document: Document) -> list[tuple[str, str]] | None:
    if document.spans is None:
        return None
    return [(s.label, document.text[s.start : s.end]) for s in document.spans]


def unread(document: Document) -> dict[str, int]:
    counts: dict[str, int] = document.meta.get("unread", {})
    return counts


def region(
    start: int, end: int, label: str = "PER", surface: str | None = None, number: str | None = None
) -> dict[str, Any]:
    value: dict[str, Any] = {"start": start, "end": end, "labels": [label]}
    value |= {} if surface is None else {"text": surface}
    return {"id": number or f"r{start}", "type": "labels", "value": value}


def task(
    *results: dict[str, Any],
    data: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    answers = {"annotations": [{"result": list(results), "completed_by": 4}]}
    return {"id": 3, "data": data or {"text": TEXT}, **answers, **more}


def suggestion(
    *results: dict[str, Any],
) -> dict[str, Any]:
    return {"model_version": "m7", "result": list(results)}


# Label Studio


def test_a_surface_in_no_unit_leaves_the_task_unannotated(tmp_path: Path) -> None:
    (document,) = read(tmp_path, [task(region(1, 5, surface="Mara"))], "x.json")
    assert (document.spans, unread(document)) == (None, {"surfaces_that_differ": 1})
    stats = corpus_stats([document]).as_dict()
    assert (stats["annotated"], stats["unread"]) == (0, {"surfaces_that_differ": 1})


def test_offsets_of_a_browser_are_converted_beside_those_of_a_suggestion(tmp_path: Path) -> None:
    text = "Mara\r\nsaw\r\nPavel in Oslo."
    results = [region(0, 4, surface="Mara"), region(11, 16, surface="Pavel")]
    drawn = region(18, 22, "LOC", surface="Oslo")
    (document,) = read(tmp_path, [task(*results, drawn, data={"text": text})], "x.json")
    assert found(document) == [("PER", "Mara"), ("PER", "Pavel"), ("LOC", "Oslo")]
    assert unread(document) == {"crlf_offsets_converted": 1}


@pytest.mark.parametrize(
    "choice",
    [
        {"id": "r0", "value": {"start": 0, "end": 4, "choices": ["hard"]}},
        {"id": "r0", "value": {"choices": ["hard"]}},
        {"id": "z", "value": {"start": 0, "end": 4, "choices": ["hard"]}},
    ],
)
def test_a_choice_about_a_region_is_no_label_of_the_text(
    tmp_path: Path, choice: dict[str, Any]
) -> None:
    whole = {"id": "w", "type": "choices", "value": {"choices": ["sport"]}}
    choice = {"type": "choices", **choice}
    (document,) = read(tmp_path, [task(choice, whole, region(0, 4))], "x.json")
    assert (document.labels, unread(document)) == (("sport",), {"results_choices": 1})
    (document,) = read(tmp_path, [task(choice, region(0, 4))], "x.json")
    assert (found(document), document.labels) == ([("PER", "Mara")], None)


@pytest.mark.parametrize(
    "task_",
    [
        {"annotations": [{"result": [], "was_cancelled": True}]},
        {"annotations": [{"result": [region(9, 14)], "was_cancelled": True}]},
        {"annotations": [], "cancelled_annotations": 1},
    ],
)
def test_a_suggestion_of_a_skipped_task_is_not_read(tmp_path: Path, task_: dict[str, Any]) -> None:
    record = {"id": 1, "data": {"text": TEXT}, "predictions": [suggestion(region(0, 4))], **task_}
    (document,) = read(tmp_path, [record], "x.json")
    assert (document.spans, unread(document)) == (None, {"answers_skipped": 1})


def test_suggestions_without_an_answer_are_counted(tmp_path: Path) -> None:
    records = [
        {"id": 1, "data": {"text": TEXT}, "predictions": [suggestion(region(0, 4))]},
        {"id": 2, "data": {"text": TEXT}, "annotations": []},
        task(region(9, 14), predictions=[suggestion(region(0, 4))]),
    ]
    documents = read(tmp_path, records, "x.json")
    assert [found(d) for d in documents] == [[("PER", "Mara")], None, [("PER", "Pavel")]]
    assert [unread(d) for d in documents] == [{"suggestions_only": 1}, {}, {}]


def test_the_text_key_is_named_or_proven_by_the_surfaces(tmp_path: Path) -> None:
    data = {"body": TEXT, "headline": "A meeting", "origin": "desk"}
    proven = task(region(9, 14, surface="Pavel"), data=data)
    (document,) = read(tmp_path, [proven], "x.json")
    assert (document.text, found(document)) == (TEXT, [("PER", "Pavel")])
    assert document.meta == {"headline": "A meeting", "origin": "desk"}
    open_ = task(region(2, 9), data=data)
    with pytest.raises(DataError, match=r"holds body, headline, origin; .*Set text_key"):
        read(tmp_path, [open_], "x.json")
    (document,) = read(tmp_path, [open_], "x.json", text_key="headline")
    assert found(document) == [("PER", "meeting")]
    with pytest.raises(DataError, match='no string under the text key "txt"; strings: body, head'):
        read(tmp_path, [open_], "x.json", text_key="txt")
    twice = task(region(0, 4, surface="Mara"), data={"a": "Mara left", "b": "Mara came"})
    with pytest.raises(DataError, match='holds a, b; expected "text"'):
        read(tmp_path, [twice], "x.json")


def test_annotators_that_disagree_leave_a_text_unannotated(tmp_path: Path) -> None:
    def answers(*ends: int) -> dict[str, Any]:
        items = [
            {"result": [region(0, end)], "completed_by": {"email": f"p{n}"}}
            for n, end in enumerate(ends)
        ]
        return {"id": 1, "data": {"text": TEXT}, "annotations": items}

    (document,) = read(tmp_path, [answers(4, 8)], "x.json")
    assert (document.spans, unread(document)) == (None, {"disagreement": 1, "other_answers": 1})
    (document,) = read(tmp_path, [answers(4, 4)], "x.json")
    assert (found(document), unread(document)) == ([("PER", "Mara")], {"other_answers": 1})


# doccano


@pytest.mark.parametrize(
    "record",
    [
        {"id": 4, "data": TEXT, "label": [[0, 4, "PER"]]},
        {"id": 4, "data": TEXT, "labels": [[0, 4, "PER"]]},
        {"text": TEXT, "entities": [[0, 4, "PER"]]},
        {"id": 4, "text": TEXT, "entities": [[0, 4, "PER"]], "cats": ["visit"]},
    ],
)
def test_doccano_is_recognised_in_its_other_forms(tmp_path: Path, record: dict[str, Any]) -> None:
    (document,) = read(tmp_path, [record])
    assert (document.text, found(document)) == (TEXT, [("PER", "Mara")])
    assert document.labels == (("visit",) if "cats" in record else None)
    assert document.meta == {}


def test_doccano_intents_without_spans_and_labels_under_data(tmp_path: Path) -> None:
    (document,) = read(tmp_path, [{"text": TEXT, "entities": [], "cats": []}])
    assert (document.spans, document.labels) == ((), ())
    (document,) = read(tmp_path, [{"id": 1, "data": TEXT, "labels": ["visit"]}])
    assert (document.spans, document.labels) == (None, ("visit",))
    with pytest.raises(DataError, match='"entities" holds'):
        read(tmp_path, [{"text": TEXT, "entities": [[0, 4]]}], format="doccano")
    (document,) = read(tmp_path, [{"note": TEXT, "label": []}], format="doccano", text_key="note")
    assert (document.text, document.meta) == (TEXT, {})


# Prodigy


def answered(number: int = 1, answer: str = "accept", **more: Any) -> dict[str, Any]:
    return {"text": TEXT, "_input_hash": number, "_task_hash": number, "answer": answer, **more}


@pytest.mark.parametrize(
    ("more", "spans", "counts"),
    [
        ({}, (), {}),
        ({"_view_id": "ner_manual", "label": "PER"}, (), {}),
        ({"_view_id": "spans_manual"}, (), {}),
        ({"_view_id": "classification"}, None, {"answers_without_spans": 1}),
        ({"_view_id": "choice"}, None, {"answers_without_spans": 1}),
        ({"label": "SPORT"}, None, {"answers_without_spans": 1}),
        ({"options": [{"id": "a"}], "accept": ["a"]}, None, {"answers_without_spans": 1}),
        (
            {"_is_binary": True, "spans": [{"start": 0, "end": 3, "label": "PER"}]},
            None,
            {"binary_answers": 1},
        ),
        ({"answer": "reject"}, None, {"answers_rejected": 1}),
        ({"answer": "ignore"}, None, {"answers_skipped": 1}),
    ],
)
def test_prodigy_accept_without_spans_marks_nothing_in_views_of_spans(
    tmp_path: Path, more: dict[str, Any], spans: tuple[Any, ...] | None, counts: dict[str, int]
) -> None:
    (document,) = read(tmp_path, [answered() | more])
    assert (document.spans, unread(document)) == (spans, counts)


def span(start: int, end: int, label: str = "PER") -> dict[str, int | str]:
    return {"start": start, "end": end, "label": label}


@pytest.mark.parametrize("name", ["_annotator_id", "_session_id"])
def test_prodigy_tasks_with_one_input_hash_are_one_document(tmp_path: Path, name: str) -> None:
    records = [
        answered(1, spans=[span(0, 4)], **{name: "ida"}),
        answered(2, spans=[span(9, 14)], **{name: "ida"}),
        answered(1, spans=[span(0, 4)], **{name: "jon"}),
        answered(2, spans=[span(9, 14, "ORG")], **{name: "jon"}),
        answered(3, "reject", **{name: "ida"}),
        answered(3, spans=[span(18, 22, "LOC")], **{name: "jon"}),
        answered(4, spans=[span(0, 4)], **{name: "ida"}),
        answered(4, spans=[], **{name: "ida"}),
    ]
    documents = read(tmp_path, records)
    assert [found(d) for d in documents] == [[("PER", "Mara")], None, [("LOC", "Oslo")], []]
    assert [unread(d) for d in documents] == [
        {"other_answers": 1},
        {"disagreement": 1, "other_answers": 1},
        {"answers_rejected": 1},
        {"other_answers": 1},
    ]
    assert [d.id for d in documents] == ["x-0", "x-1", "x-4", "x-6"]


def test_prodigy_answers_about_spans_and_about_labels_do_not_disagree(tmp_path: Path) -> None:
    records = [
        answered(1, spans=[span(0, 4)], _annotator_id="ida"),
        answered(1, _view_id="choice", accept=["a"], _annotator_id="jon"),
    ]
    (document,) = read(tmp_path, records)
    assert (found(document), unread(document)) == ([("PER", "Mara")], {"other_answers": 1})


def test_prodigy_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    records = [
        {"text": "One", "answer": "accept"},
        answered(1, _session_id="ida"),
        {"text": "Two", "answer": "accept"},
        answered(1, _session_id="jon"),
    ]
    documents = read(tmp_path, records)
    assert [d.text for d in documents] == ["One", TEXT, "Two"]


def test_prodigy_surfaces_are_compared(tmp_path: Path) -> None:
    shifted = {**span(1, 5), "text": "Mara"}
    (document,) = read(tmp_path, [answered(spans=[shifted])])
    assert (document.spans, unread(document)) == (None, {"surfaces_that_differ": 1})


# Argilla, and the text key


def test_argilla_spans_after_an_emoji_leave_the_record_unannotated(tmp_path: Path) -> None:
    record = {
        "id": "q",
        "fields": {"body": "\U0001f600 Mara", "title": "\U0001f600"},
        "responses": {"spans": [{"value": [span(2, 6)], "user_id": "u"}]},
    }
    with pytest.raises(DataError, match=r'"fields" holds body, title; .*--text-key'):
        read(tmp_path, [record], "x.json")
    (document,) = read(tmp_path, [record], "x.json", text_key="body")
    assert (document.spans, unread(document)) == (None, {"doubtful_offsets": 1})


def test_a_text_key_of_a_format_without_one_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"id": "a", "text": TEXT}))
    reports: list[ReadReport] = []
    list(read_corpus(CorpusConfig(path=path, text_key="text"), on_read=reports.append))
    assert reports[0].warnings == ("text_key is not used by the format jsonl",)


# Review


def reviewed(
    tmp_path: Path, tool: str, records: list[dict[str, Any]], silver: list[Document]
) -> tuple[ReviewReport, list[Document]]:
    path, gold, rest = (tmp_path / name for name in ("back.json", "gold.jsonl", "rest.jsonl"))
    path.write_text(json.dumps(records))
    report = import_review(CorpusConfig(path=f"{tool}:{path}"), silver, gold, rest, overwrite=True)
    return report, list(read_corpus(gold)) if report.accepted else []


@pytest.mark.parametrize(
    ("place", "counts"),
    [
        ((12, 16), {}),
        ((11, 15), {"crlf_offsets_converted": 1}),
        ((13, 17), {"utf16_offsets_converted": 1}),
        ((10, 14), None),
        ((90, 94), None),
    ],
)
def test_a_shifted_surface_does_not_become_gold(
    tmp_path: Path, place: tuple[int, int], counts: dict[str, int] | None
) -> None:
    text = "Oslo\r\nsaw \U0001f600 Mara"
    silver = [Document("a", text, annotation=Annotation(spans=(Span(0, 4, "LOC"),)))]
    record = task(region(*place, surface="Mara"), data={"text": text, "vermeil": {"id": "a"}})
    report, gold = reviewed(tmp_path, "label-studio", [record], silver)
    if counts is None:
        assert report.not_accepted == {"doubtful_offsets": ["a"]}
    else:
        assert found(gold[0]) == [("PER", "Mara")]
        assert report.as_dict().get("unread", {}) == counts


def test_prodigy_accept_without_spans_is_reviewed_as_no_spans(tmp_path: Path) -> None:
    silver = [Document("a", TEXT, annotation=Annotation(spans=(Span(0, 4, "PER"),)))]
    record = {"text": TEXT, "answer": "accept", "vermeil": {"id": "a"}}
    report, (gold,) = reviewed(tmp_path, "prodigy", [record], silver)
    assert (gold.spans, report.span_changes.removed) == ((), 1)
    report, _ = reviewed(tmp_path, "prodigy", [record | {"_view_id": "choice"}], silver)
    assert report.not_accepted == {"not_annotated": ["a"]}


def test_an_unsaved_export_of_vermeil_holds_no_unconfirmed_suggestion(tmp_path: Path) -> None:
    silver = [Document("a", TEXT, annotation=Annotation(spans=(Span(0, 4, "PER"),)))]
    write_corpus(silver, tmp_path / "x.json", "argilla")
    assert list(read_corpus(tmp_path / "x.json")) == silver
    (record,) = json.loads((tmp_path / "x.json").read_text())
    (document,) = read(tmp_path, [record | {"status": "pending"}], "x.json")
    assert unread(document) == {"suggestions_only": 1}
