"""Corpora of a study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

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
        prompts: name of a prompt to the silver that it gives for the same texts.
    """

    gold: Sequence[Document]
    silver: Sequence[Document] = ()
    dev: Sequence[Document] = ()
    test: Sequence[Document] = ()
    prompts: Mapping[str, Sequence[Document]] = field(default_factory=dict)

    def of_prompt(self, name: str) -> StudyCorpora:
        """Return the corpora with the silver of a prompt; empty name: these corpora."""
        return replace(self, silver=self.prompts[name]) if name else self

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
