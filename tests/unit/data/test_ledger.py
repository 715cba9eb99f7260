"""Teachers of silver: entries in ``meta``, sums over a corpus, and exclusion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vermeil.corpora import CorpusConfig, corpus_stats, read_corpus, write_corpus
from vermeil.corpora.reading import ReadReport
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.ledger import (
    SILVER_TEACHERS,
    SilverTeacher,
    day_of,
    teacher_ledger,
    teachers_of,
    with_teachers,
    without_teachers,
)

TEXT = "Bo left Rome"
SPANS = (Span(0, 2, "PER", origin="silver"), Span(8, 12, "LOC", origin="silver"))


def document(name: str, *teachers: SilverTeacher) -> Document:
    return with_teachers(Document(name, TEXT, annotation=Annotation(SPANS)), teachers)


DOCUMENTS = [
    document("a", SilverTeacher("m1", "2026-11-02")),
    document("b", SilverTeacher("m1", "2026-11-01")),
    document(
        "c",
        SilverTeacher("m1", "2026-11-04", ((0, 2, "PER"), (3, 7, "ORG"))),
        SilverTeacher("m2", "2026-11-05", ((0, 2, "PER"), (8, 12, "LOC"))),
    ),
    document("d"),
]


def test_entries_survive_a_file(tmp_path: Path) -> None:
    write_corpus(DOCUMENTS, tmp_path / "silver.jsonl")
    found = list(read_corpus(tmp_path / "silver.jsonl"))
    assert [teachers_of(one) for one in found] == [teachers_of(one) for one in DOCUMENTS]
    assert teachers_of(found[2])[1].spans == ((0, 2, "PER"), (8, 12, "LOC"))


def test_the_ledger_counts_documents_spans_and_days() -> None:
    first, second = teacher_ledger(DOCUMENTS)
    assert first.as_dict() == {
        "model": "m1",
        "documents": 3,
        "spans": 5,
        "first": "2026-11-01",
        "last": "2026-11-04",
    }
    assert (second.model, second.documents, second.spans) == ("m2", 1, 2)
    assert corpus_stats(DOCUMENTS).as_dict()["teachers"] == [first.as_dict(), second.as_dict()]


def test_spans_of_a_student_are_not_the_teachers() -> None:
    one = DOCUMENTS[0]
    corrected = one.with_annotation(Annotation((SPANS[0], replace(SPANS[1], origin="student"))))
    assert teacher_ledger([corrected])[0].spans == 1


def test_an_excluded_teacher_removes_the_annotation_and_is_counted(tmp_path: Path) -> None:
    write_corpus(DOCUMENTS, tmp_path / "silver.jsonl")
    config = CorpusConfig(path=tmp_path / "silver.jsonl", exclude_teachers=("m2", "absent"))
    reports: list[ReadReport] = []
    found = list(read_corpus(config, on_read=reports.append))
    assert [one.annotation.is_empty for one in found] == [False, False, True, False]
    assert [one.text for one in found] == [TEXT] * 4
    assert reports[0].skipped == {"excluded_teachers": 1}
    assert "left out, since their teacher is excluded: annotations of documents 1" in (
        reports[0].describe()
    )
    assert reports[0].annotated == 3
    assert reports[0].warnings == (
        "exclude_teachers: no silver is of absent; teachers of this file: m1, m2",
    )


def test_nothing_changes_without_an_excluded_teacher() -> None:
    assert without_teachers(DOCUMENTS[0], ()) is DOCUMENTS[0]
    assert without_teachers(DOCUMENTS[3], ("m1",)) is DOCUMENTS[3]


@pytest.mark.parametrize(
    "entries", ["text", 3, [3], [{"date": "2026-11-01"}], [{"model": 3}], {"model": "m"}]
)
def test_entries_of_another_form_are_ignored(entries: object) -> None:
    assert teachers_of(Document("a", TEXT, meta={SILVER_TEACHERS: entries})) == ()


def test_without_teachers_the_key_is_removed() -> None:
    one = replace(DOCUMENTS[0], meta={**DOCUMENTS[0].meta, "page": 3})
    assert with_teachers(one, ()).meta == {"page": 3}


def test_days_are_those_of_utc() -> None:
    assert day_of(0.0) == ""
    assert day_of(1_700_000_000) == "2023-11-14"
