"""Corpora of a study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vermeil.data.annotation_spans import span_keys
from vermeil.data.document import Document
from vermeil.studies.results.scores import ReportLabels, SpanRecord


@dataclass(frozen=True, slots=True)
class StudyCorpora:
    """Corpora of a study.

    Args:
        gold: documents annotated by people; cells draw from them.
        silver: documents annotated by the teacher; cells draw from them.
        dev: documents for choosing among recipes; may be empty.
        test: documents for reporting; may be empty.
    """

    gold: Sequence[Document]
    silver: Sequence[Document] = ()
    dev: Sequence[Document] = ()
    test: Sequence[Document] = ()

    def named(self) -> Iterator[tuple[str, Sequence[Document]]]:
        """Yield the corpora that are not empty, by name."""
        for name in ("gold", "silver", "dev", "test"):
            documents = getattr(self, name)
            if documents:
                yield name, documents


def report_labels(document: Document) -> ReportLabels:
    """Return a document's spans for the report, or its labels if it has no spans."""
    keys = span_keys(document.annotation)
    return tuple(document.labels or ()) if keys is None else tuple(SpanRecord(*k) for k in keys)
