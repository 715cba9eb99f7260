"""Teachers of silver: the entries in a document's ``meta``, and their sums over a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.region import SpanKey

SILVER_TEACHERS = "silver_teachers"
"""Key of a document's ``meta``: the teachers whose replies its silver annotation is made of."""


@dataclass(frozen=True, slots=True)
class SilverTeacher:
    """A teacher of one document.

    Args:
        model: name of the model on its server.
        date: day of its reply in UTC, ``YYYY-MM-DD``; empty: unknown.
        spans: the spans that it marked; None: the only teacher, with all silver spans.
    """

    model: str
    date: str = ""
    spans: tuple[SpanKey, ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as it is stored in ``meta``."""
        record: dict[str, Any] = {"model": self.model}
        if self.date:
            record["date"] = self.date
        if self.spans is not None:
            record["spans"] = [list(key) for key in self.spans]
        return record


@dataclass(slots=True)
class LedgerRow:
    """Silver of one teacher in a corpus.

    Args:
        model: name of the model.
        documents: documents whose annotation its replies are part of.
        spans: silver spans that it marked; a span of two teachers counts for both.
        first: earliest day of a reply; empty: unknown.
        last: latest day of a reply; empty: unknown.
    """

    model: str
    documents: int = 0
    spans: int = 0
    first: str = ""
    last: str = ""

    def as_dict(self) -> dict[str, str | int]:
        """Return the row for JSON."""
        names = ("model", "documents", "spans", "first", "last")
        return {name: getattr(self, name) for name in names}


def day_of(seconds: float) -> str:
    """Return the day of a time in UTC; empty for 0, which means unknown.

    Args:
        seconds: seconds since 1970.
    """
    return datetime.fromtimestamp(seconds, UTC).date().isoformat() if seconds > 0 else ""


def with_teachers(document: Document, teachers: Sequence[SilverTeacher]) -> Document:
    """Return the document with these teachers in its ``meta``; without any, the key is removed."""
    meta = {key: value for key, value in document.meta.items() if key != SILVER_TEACHERS}
    if teachers:
        meta[SILVER_TEACHERS] = [teacher.as_dict() for teacher in teachers]
    return replace(document, meta=meta)


def teachers_of(document: Document) -> tuple[SilverTeacher, ...]:
    """Return the teachers of a document's silver; entries of another form are ignored."""
    found = document.meta.get(SILVER_TEACHERS)
    return tuple(_entries(found)) if isinstance(found, list | tuple) else ()


def teacher_ledger(documents: Iterable[Document]) -> list[LedgerRow]:
    """Return one row per teacher of silver, the one with most documents first.

    Args:
        documents: documents with entries in their ``meta``; others do not count.
    """
    ledger = Ledger()
    for document in documents:
        ledger.add(document)
    return ledger.rows()


class Ledger:
    """Sums over teachers of silver; documents are added one at a time."""

    def __init__(self) -> None:
        self._rows: dict[str, LedgerRow] = {}

    def add(self, document: Document) -> None:
        """Add a document to the rows of its teachers."""
        spans = [span for span in document.spans or () if span.origin in (None, "silver")]
        present = {span.key for span in spans}
        counted: set[str] = set()
        marked: dict[str, set[SpanKey]] = {}
        for teacher in teachers_of(document):
            row = self._rows.setdefault(teacher.model, LedgerRow(teacher.model))
            row.documents += teacher.model not in counted
            counted.add(teacher.model)
            own = present if teacher.spans is None else present.intersection(teacher.spans)
            marked.setdefault(teacher.model, set()).update(own)
            if teacher.date:
                row.first = min(row.first or teacher.date, teacher.date)
                row.last = max(row.last, teacher.date)
        for model, keys in marked.items():
            self._rows[model].spans += sum(span.key in keys for span in spans)

    def rows(self) -> list[LedgerRow]:
        """Return the rows, the teacher with most documents first."""
        return sorted(self._rows.values(), key=lambda row: (-row.documents, row.model))


def without_teachers(document: Document, excluded: Iterable[str]) -> Document:
    """Return the document, without its annotation if an excluded teacher is one of its teachers.

    Several replies decide together about a combined annotation, so it is removed as a whole.

    Args:
        document: a document of silver.
        excluded: names of models.
    """
    names = {teacher.model for teacher in teachers_of(document)}
    if names.isdisjoint(excluded) or document.annotation.is_empty:
        return document
    return document.with_annotation(UNANNOTATED)


def _entries(found: Sequence[Any]) -> Iterator[SilverTeacher]:
    for entry in found:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("model"), str):
            continue
        date = entry.get("date")
        spans = entry.get("spans")
        yield SilverTeacher(
            entry["model"],
            date if isinstance(date, str) else "",
            tuple(_keys(spans)) if isinstance(spans, list | tuple) else None,
        )


def _keys(spans: Sequence[Any]) -> Iterator[SpanKey]:
    for key in spans:
        match key:
            case [int(start), int(end), str(label)]:
                yield (start, end, label)
