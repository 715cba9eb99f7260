"""Functions of annotations that hold for every task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from vermeil.data.document import Annotation, Span
from vermeil.data.region import SpanKey

UNCERTAIN = ("fuzzy", "ambiguous")
"""Statuses of spans with uncertain bounds."""


def with_origin(annotation: Annotation, origin: str, *, keep: bool = False) -> Annotation:
    """Return the annotation with an origin on each of its spans.

    Args:
        annotation: the annotation.
        origin: the new origin.
        keep: leave origins that are set.
    """
    if annotation.spans is None:
        return annotation
    spans = (s if keep and s.origin else replace(s, origin=origin) for s in annotation.spans)
    return replace(annotation, spans=tuple(spans))


def abstain_below(annotation: Annotation, min_score: float) -> Annotation:
    """Return the annotation with abstentions in place of spans with a lower score."""
    spans = annotation.spans or ()
    low = [span for span in spans if span.score is not None and span.score < min_score]
    if not low:
        return annotation
    abstain = sorted({*annotation.abstain, *((span.start, span.end) for span in low)})
    kept = tuple(span for span in spans if span not in low)
    return replace(annotation, spans=kept, abstain=tuple(abstain))


def scores(annotation: Annotation) -> list[float]:
    """Return the scores of the spans that have one, in the order of the text."""
    return [span.score for span in annotation.spans or () if span.score is not None]


def count_spans(annotation: Annotation) -> int:
    """Return the number of spans."""
    return len(annotation.spans or ())


def label_counts(annotations: Iterable[Annotation]) -> Counter[str]:
    """Count the labels of spans and of whole texts."""
    labels: Counter[str] = Counter()
    for annotation in annotations:
        labels.update(span.label for span in annotation.spans or ())
        labels.update(annotation.labels or ())
    return labels


def uncertainties(annotation: Annotation) -> dict[SpanKey, float]:
    """Return 1 minus the score of every span that has one."""
    return {s.key: 1 - s.score for s in annotation.spans or () if s.score is not None}


def uncertain_offsets(annotation: Annotation) -> frozenset[SpanKey]:
    """Return the spans with uncertain bounds."""
    return frozenset(s.key for s in annotation.spans or () if s.status in UNCERTAIN)


def spans_by_key(annotation: Annotation) -> dict[SpanKey, Span]:
    """Return the spans by start, end and label."""
    return {span.key: span for span in annotation.spans or ()}


def span_keys(annotation: Annotation) -> tuple[SpanKey, ...] | None:
    """Return start, end and label of every span; None if spans were not annotated."""
    return None if annotation.spans is None else tuple(span.key for span in annotation.spans)


def single_labels(annotation: Annotation) -> Iterator[tuple[SpanKey, Annotation]]:
    """Yield every span and every label of the text as an annotation of its own, with its key.

    The key of a label of the text is ``(0, 0, label)``.
    """
    for span in annotation.spans or ():
        yield span.key, Annotation(spans=(span,))
    for label in annotation.labels or ():
        yield (0, 0, label), Annotation(labels=(label,))
