"""Functions of annotations that hold for every task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from vermeil.data.document import Annotation, Span
from vermeil.data.region import SpanKey
from vermeil.data.relation import PairAbstention

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
    """Return the annotation with abstentions in place of spans and relations with a lower score.

    The pairs of a span that becomes an abstention are unknown, like all pairs with an end there.
    """
    spans, relations = annotation.spans or (), annotation.relations or ()
    low = {n for n, span in enumerate(spans) if _is_below(span.score, min_score)}
    doubtful = [one for one in relations if _is_below(one.score, min_score)]
    if not low and not doubtful:
        return annotation
    abstain = {*annotation.abstain, *((spans[n].start, spans[n].end) for n in low)}
    unknown = (PairAbstention(one.head, one.tail, one.label) for one in doubtful)
    certain = tuple(one for one in relations if one not in doubtful)
    masked = replace(
        annotation,
        relations=None if annotation.relations is None else certain,
        abstain=tuple(sorted(abstain)),
        abstain_pairs=(*annotation.abstain_pairs, *unknown),
    )
    return keep_spans(masked, [n for n in range(len(spans)) if n not in low])


def keep_spans(annotation: Annotation, kept: Iterable[int]) -> Annotation:
    """Return the annotation with some of its spans, and with the relations between them.

    Args:
        annotation: the annotation.
        kept: indices of the spans to keep.
    """
    numbers = sorted(kept)
    place = {old: new for new, old in enumerate(numbers)}
    relations = annotation.relations
    if relations is not None:
        relations = tuple(r for r in (one.renumber(place) for one in relations) if r is not None)
    moved = (pair.renumber(place) for pair in annotation.abstain_pairs)
    return replace(
        annotation,
        spans=tuple((annotation.spans or ())[n] for n in numbers),
        relations=relations,
        abstain_pairs=tuple(pair for pair in moved if pair is not None),
    )


def _is_below(score: float | None, min_score: float) -> bool:
    return score is not None and score < min_score


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


def relation_counts(annotations: Iterable[Annotation]) -> Counter[str]:
    """Count the relations by type."""
    return Counter(one.label for annotation in annotations for one in annotation.relations or ())


def relation_records(annotation: Annotation) -> list[dict[str, Any]]:
    """Return the relations for JSON; each end as ``{"start", "end", "label"}``."""
    spans = annotation.spans or ()

    def end(number: int) -> dict[str, Any]:
        span = spans[number]
        return {"start": span.start, "end": span.end, "label": span.label}

    return [
        {"head": end(one.head), "label": one.label, "tail": end(one.tail), "score": one.score}
        for one in annotation.relations or ()
    ]


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
