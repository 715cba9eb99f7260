"""Scores on one set of documents, as stored in results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vermeil.data.counts import Counts, ErrorKind, MatchCounts
from vermeil.studies.results.values import Count, Share


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Precision, recall and F1 of one label or of all, and the number of gold items."""

    precision: Share
    recall: Share
    f1: Share
    support: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitScore:
    """Scores on one set of documents (see `vermeil.data.counts.Counts`).

    Args:
        overall: all labels together.
        per_label: scores by label.
        documents: number of documents.
        macro_f1: mean F1 of the labels.
        span_only: boundaries alone; None for tasks without boundaries.
        confusion: gold label, predicted label and number; empty in cells of the first version.
        errors: number of errors by label and kind.
        truncated: documents whose text was cut off.
    """

    overall: LabelScore
    per_label: Mapping[str, LabelScore]
    documents: Count
    macro_f1: Share | None = None
    span_only: LabelScore | None = None
    confusion: tuple[tuple[str, str, Count], ...] = ()
    errors: Mapping[str, Mapping[ErrorKind, Count]] = field(default_factory=dict)
    truncated: Count = 0


def label_score(counts: MatchCounts) -> LabelScore:
    """Return precision, recall, F1 and support of counts."""
    return LabelScore(counts.precision, counts.recall, counts.f1, counts.gold)


def split_score(counts: Counts) -> SplitScore:
    """Return counts as they are stored in results."""
    record = counts.as_dict()
    return SplitScore(
        overall=label_score(counts.overall),
        per_label={name: label_score(counts.per_label[name]) for name in sorted(counts.per_label)},
        documents=counts.documents,
        macro_f1=counts.macro_f1,
        span_only=None if counts.span_only is None else label_score(counts.span_only),
        confusion=tuple((*pair, counts.confusion[pair]) for pair in sorted(counts.confusion)),
        errors=record["errors"],
        truncated=counts.truncated,
    )


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """A labelled span of a document in the report."""

    start: Count
    end: Count
    label: str


ReportLabels = tuple[SpanRecord, ...] | tuple[str, ...]
"""The spans of a document, or its labels if it has no spans."""
