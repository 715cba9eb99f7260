"""Suggestions go to a tool, corrections come back, and every document ends somewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.corpora.tools.corrections import span_changes
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.review import export_for_review, import_review, read_ids
from vermeil.jobs.review_report import ReviewExportReport, ReviewReport

TEXT = "Ann met Bob in Rome."
SILVER = [
    Document(
        "a",
        TEXT,
        "g",
        annotation=Annotation(
            spans=(
                Span(0, 3, "PER", score=0.9, origin="silver"),
                Span(8, 11, "LOC", score=0.4, origin="silver"),
                Span(12, 14, "LOC", score=0.6),
            ),
            abstain=((15, 19),),
        ),
        meta={"source": "paper"},
    ),
    Document("b", "Nobody.", annotation=Annotation(spans=())),
    Document("c", "Eve left.", annotation=Annotation(spans=(Span(0, 3, "PER", score=0.2),))),
    Document("d", "More text here.", annotation=Annotation(spans=(), abstain=((0, 15),))),
]
CORRECTED = [(0, 3, "PER"), (8, 11, "PER"), (15, 19, "LOC")]


def exported(
    tmp_path: Path, tool: str, **options: Any
) -> tuple[ReviewExportReport, list[dict[str, Any]]]:
    path = tmp_path / "tasks.json"
    report = export_for_review(SILVER, tool, path, overwrite=True, **options)
    text = path.read_text()
    return report, json.loads(text) if text[0] == "[" else list(map(json.loads, text.splitlines()))


def imported(
    tmp_path: Path, tool: str, records: Any
) -> tuple[ReviewReport, list[Document], list[Document]]:
    path = tmp_path / "back.json"
    path.write_text(json.dumps(records))
    gold, rest = tmp_path / "gold.jsonl", tmp_path / "rest.jsonl"
    report = import_review(CorpusConfig(path=f"{tool}:{path}"), SILVER, gold, rest)
    found = {
        name: list(read_corpus(CorpusConfig(path=file)))
        for name, file in (("gold", gold), ("rest", rest))
        if file.exists() and file.stat().st_size
    }
    return report, found.get("gold", []), found.get("rest", [])


def answer(
    record: dict[str, Any],
    tool: str,
    spans: list[tuple[int, int, str]],
    by: str = "eve",
    **status: Any,
) -> None:
    """Change a record as the tool does when an annotator answers."""
    if tool == "label-studio":
        result = [
            {
                "id": f"r{n}",
                "from_name": "label",
                "to_name": "text",
                "type": "labels",
                "value": {"start": s, "end": e, "labels": [label]},
            }
            for n, (s, e, label) in enumerate(spans)
        ]
        record.setdefault("annotations", []).append(
            {"result": result, "completed_by": {"email": by}, "was_cancelled": False, **status}
        )
    elif tool == "doccano":
        record["label"] = [list(span) for span in spans]
    elif tool == "prodigy":
        record["spans"] = [dict(zip(("start", "end", "label"), s, strict=True)) for s in spans]
        record |= {"answer": "accept", "_annotator_id": by, **status}
    else:
        value = [dict(zip(("start", "end", "label"), s, strict=True)) for s in spans]
        responses = record["responses"].setdefault("spans", [])
        responses.append({"value": value, "user_id": by, **status})


TOOLS = ["label-studio", "doccano", "prodigy", "argilla"]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_correction_becomes_gold_with_its_origin(tmp_path: Path, tool: str) -> None:
    report, records = exported(tmp_path, tool, limit=1)
    assert report.as_dict() == {
        "documents": 4,
        "exported": 1,
        "spans": 3,
        "unknown_ids": [],
        "hidden": {"abstentions": 1, "scores": 3, "meta": 1},
    }
    answer(records[0], tool, CORRECTED)
    found, (gold,), rest = imported(tmp_path, tool, records)
    who = "doccano" if tool == "doccano" else "eve"
    assert (gold.id, gold.text, gold.group) == ("a", TEXT, "g")
    assert [span.key for span in gold.spans or ()] == CORRECTED
    assert {span.origin for span in gold.spans or ()} == {"gold"}
    assert gold.annotation.abstain == ()
    assert gold.meta["source"] == "paper"
    changes = {"kept": 1, "changed": 1, "removed": 1, "added": 1, "kept_share": 1 / 3}
    assert gold.meta["review"] == {"tool": tool, "annotators": [who], "spans": changes}
    assert rest == []
    assert found.as_dict() == {
        "documents": 1,
        "accepted": 1,
        "not_accepted": {},
        "spans": changes,
        "labels": {
            "LOC": {"kept": 0, "changed": 1, "removed": 1, "added": 1, "kept_share": 0.0},
            "PER": {"kept": 1, "changed": 0, "removed": 0, "added": 0, "kept_share": 1.0},
        },
        "annotators": {who: 1},
        "superseded": 0,
        "not_answered": 3,
        "losses": {},
        "ids_not_accepted": {},
    }


def test_every_document_is_accepted_or_set_aside_with_its_reason(tmp_path: Path) -> None:
    tool = "label-studio"
    _, (a, b, c, d) = exported(tmp_path, tool)
    answer(a, tool, [(0, 3, "PER")], "eve")
    answer(a, tool, [(0, 3, "PER"), (8, 11, "PER")], "adam")
    answer(b, tool, [], "eve", was_cancelled=True)
    answer(c, tool, [(0, 3, "PER")], "eve")
    c["data"]["text"] = "Eva left."
    stranger = {"id": 99, "data": {"text": "Who?"}}
    answer(stranger, tool, [(0, 3, "PER")])
    report, gold, rest = imported(tmp_path, tool, [a, b, c, d, stranger])
    assert gold == []
    assert report.accepted == 0
    assert report.not_accepted == {
        "disagreement": ["a"],
        "skipped": ["b"],
        "text_changed": ["c"],
        "unfinished": ["d"],
        "unknown_id": ["99"],
    }
    assert [document.id for document in rest] == ["a", "b", "c", "d", "99"]
    disputed = rest[0]
    assert [span.key for span in disputed.spans or ()] == [(0, 3, "PER")]
    assert disputed.annotation.abstain == ((8, 11),)
    review = disputed.meta["review"]
    assert review["reason"] == "disagreement"
    assert [one["by"] for one in review["answers"]] == ["eve", "adam"]
    assert rest[2].text == "Eva left."
    assert [span.key for span in rest[2].spans or ()] == [(0, 3, "PER")]
    assert report.annotators == {"adam": 1, "eve": 3}


def test_equal_answers_agree_and_a_later_answer_replaces_an_earlier_one(tmp_path: Path) -> None:
    tool = "argilla"
    _, (a, *_) = exported(tmp_path, tool)
    answer(a, tool, [(0, 3, "PER")], "eve")
    answer(a, tool, [(8, 11, "PER"), (0, 3, "PER")], "adam")
    later = json.loads(json.dumps(a))
    later["responses"] = {}
    answer(later, tool, [(0, 3, "PER"), (8, 11, "PER")], "eve")
    report, (gold,), _ = imported(tmp_path, tool, [a, later])
    assert (report.documents, report.accepted, report.superseded) == (1, 1, 1)
    assert gold.meta["review"]["annotators"] == ["adam", "eve"]


def test_prodigy_tasks_of_several_annotators_are_one_document(tmp_path: Path) -> None:
    _, (a, _, c, d) = exported(tmp_path, "prodigy")
    other = json.loads(json.dumps(a))
    answer(a, "prodigy", [(0, 3, "PER")], "eve")
    answer(other, "prodigy", [(0, 3, "PER")], "adam")
    answer(c, "prodigy", [], answer="reject")
    answer(d, "prodigy", [], answer="ignore")
    report, (gold,), _ = imported(tmp_path, "prodigy", [a, other, c, d])
    assert gold.meta["review"]["annotators"] == ["eve", "adam"]
    assert report.not_accepted == {"rejected": ["c"], "skipped": ["d"]}


def test_offsets_that_cannot_be_right_are_set_aside(tmp_path: Path) -> None:
    _, (a, _, c, _) = exported(tmp_path, "doccano")
    answer(a, "doccano", [(0, 3, "PER"), (15, 99, "LOC")])
    report, _, rest = imported(tmp_path, "doccano", [a, c])
    assert report.not_accepted == {"out_of_range": ["a"]}
    assert "ends beyond the text" in rest[0].meta["review"]["error"]
    assert rest[0].meta["review"]["answers"][0]["spans"] == [[0, 3, "PER"], [15, 99, "LOC"]]


def test_documents_come_in_the_order_that_is_asked_for(tmp_path: Path) -> None:
    def ids(**options: Any) -> tuple[list[str], list[str]]:
        report, records = exported(tmp_path, "doccano", **options)
        return [record["vermeil"]["id"] for record in records], list(report.unknown_ids)

    assert ids() == (["a", "b", "c", "d"], [])
    assert ids(order="score") == (["c", "a", "b", "d"], [])
    assert ids(order="abstentions", limit=2) == (["d", "a"], [])
    assert ids(ids=["d", "nobody", "a", "b"], limit=2) == (["d", "a"], ["nobody"])
    with pytest.raises(ConfigError, match="omit --order"):
        ids(ids=["a"], order="score")


def test_losses_of_the_gold_format_are_reported(tmp_path: Path) -> None:
    _, records = exported(tmp_path, "doccano")
    path = tmp_path / "back.json"
    path.write_text(json.dumps(records))
    gold, rest = tmp_path / "gold.conll", tmp_path / "rest.jsonl"
    report = import_review(CorpusConfig(path=path), SILVER, gold, rest)
    assert report.accepted == 4
    assert report.losses["meta"] == 4
    assert report.losses["tokens_made"] == 4


def test_ids_are_read_from_lines_and_from_records(tmp_path: Path) -> None:
    path = tmp_path / "ids"
    path.write_text('b\n\n{"id": "a", "score": 1}\nb\n')
    assert read_ids(path) == ["b", "a"]
    path.write_text('b\n{"name": "a"}\n')
    with pytest.raises(DataError, match=r'ids:2: "id" is missing'):
        read_ids(path)


def test_what_is_no_export_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    write_corpus(SILVER, path)
    with pytest.raises(DataError, match="is in the format jsonl; expected an export of"):
        import_review(CorpusConfig(path=path), SILVER, tmp_path / "g.jsonl", tmp_path / "r.jsonl")
    with pytest.raises(ConfigError, match="--to brat: expected one of label-studio"):
        export_for_review(SILVER, "brat", tmp_path / "x")


SPANS = st.lists(
    st.builds(
        lambda start, size, label: Span(start, start + size, label),
        st.integers(0, 9),
        st.integers(1, 4),
        st.sampled_from(["A", "B"]),
    ),
    max_size=6,
)


@given(SPANS, SPANS)
def test_changes_account_for_every_span(suggested: list[Span], found: list[Span]) -> None:
    kinds = [kind for _, kind in span_changes(suggested, found)]
    number = {kind: kinds.count(kind) for kind in ("kept", "changed", "removed", "added")}
    assert number["kept"] + number["changed"] + number["removed"] == len(suggested)
    assert number["kept"] + number["changed"] + number["added"] == len(found)
    assert (set(kinds) <= {"kept"}) == (
        sorted(s.key for s in suggested) == sorted(s.key for s in found)
    )
