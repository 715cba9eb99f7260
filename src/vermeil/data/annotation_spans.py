"""Functions of annotations that hold for every task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from vermeil.data.document import Annotation, Document, LabelAbstention, Span
from vermeil.data.region import SpanKey
from vermeil.data.relation import PairAbstention

UNCERTAIN = ("fuzzy", "ambiguous")
"""Statuses of spans with uncertain bounds."""


def is_of_whole_texts(annotations: Iterable[Annotation]) -> bool:
    """Return whether annotations have labels of texts, and none has spans."""
    found = list(annotations)
    return any(a.labels is not None for a in found) and all(a.spans is None for a in found)


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
    """Return the annotation with abstentions in place of what has a lower score.

    This holds for spans, relations and labels of the text. The pairs of a span that becomes an
    abstention are unknown, like all pairs with an end there.
    """
    annotation = _abstain_from_labels(annotation, min_score)
    annotation = abstain_from_relations_below(annotation, min_score)
    spans = annotation.spans or ()
    low = {n for n, span in enumerate(spans) if _is_below(span.score, min_score)}
    if not low:
        return annotation
    abstain = {*annotation.abstain, *((spans[n].start, spans[n].end) for n in low)}
    masked = replace(annotation, abstain=tuple(sorted(abstain)))
    return keep_spans(masked, [n for n in range(len(spans)) if n not in low])


def abstain_from_relations_below(annotation: Annotation, min_score: float) -> Annotation:
    """Return the annotation with unknown pairs in place of relations with a lower score."""
    relations = annotation.relations or ()
    doubtful = [one for one in relations if _is_below(one.score, min_score)]
    if not doubtful:
        return annotation
    unknown = (PairAbstention(one.head, one.tail, one.label) for one in doubtful)
    return replace(
        annotation,
        relations=tuple(one for one in relations if one not in doubtful),
        abstain_pairs=(*annotation.abstain_pairs, *unknown),
    )


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


def without_low_scores(annotation: Annotation, min_score: float) -> Annotation:
    """Return the annotation without spans, relations and labels that have a lower score."""
    labels, known = annotation.labels, annotation.label_scores or {}
    if annotation.spans is not None:
        sure = [n for n, s in enumerate(annotation.spans) if not _is_below(s.score, min_score)]
        annotation = keep_spans(annotation, sure)
    relations = annotation.relations
    return replace(
        annotation,
        relations=None
        if relations is None
        else tuple(one for one in relations if not _is_below(one.score, min_score)),
        labels=None
        if labels is None
        else tuple(x for x in labels if known.get(x, 1.0) >= min_score),
    )


def _abstain_from_labels(annotation: Annotation, min_score: float) -> Annotation:
    known = annotation.label_scores or {}
    low = tuple(label for label in annotation.labels or () if known.get(label, 1.0) < min_score)
    if not low:
        return annotation
    kept = tuple(label for label in annotation.labels or () if label not in low)
    abstain = (*annotation.abstain_labels, LabelAbstention(low))
    return replace(annotation, labels=kept, abstain_labels=abstain)


def without_abstained(annotation: Annotation, abstentions: Sequence[LabelAbstention]) -> Annotation:
    """Return the annotation without the spans and labels that fall under abstentions.

    Used to score predictions against gold that was not annotated for some labels.

    Args:
        annotation: the predictions.
        abstentions: the ranges and labels that gold does not know.
    """
    if not abstentions:
        return annotation
    unknown = {label for one in abstentions for label in one.labels}

    def is_unknown(span: Span) -> bool:
        return span.label in unknown and any(
            span.label in one.labels and one.overlaps(span.start, span.end) for one in abstentions
        )

    labels = annotation.labels
    if annotation.spans is not None:
        known = [n for n, span in enumerate(annotation.spans) if not is_unknown(span)]
        annotation = keep_spans(annotation, known)
    return replace(
        annotation,
        labels=None if labels is None else tuple(x for x in labels if x not in unknown),
    )


def only_labels(
    annotation: Annotation, labels: Sequence[str], *, inverse: bool = False
) -> Annotation:
    """Return the spans and labels of an annotation that have one of some labels, or none of them.

    Relations stay where both ends do. Abstentions from some labels are left out.

    Args:
        annotation: the annotation.
        labels: the labels.
        inverse: keep what has none of the labels.
    """
    chosen = set(labels)
    own, scores = annotation.labels, annotation.label_scores
    if annotation.spans is not None:
        kept = [n for n, s in enumerate(annotation.spans) if (s.label in chosen) != inverse]
        annotation = keep_spans(annotation, kept)
    return replace(
        annotation,
        labels=None if own is None else tuple(x for x in own if (x in chosen) != inverse),
        abstain_labels=(),
        label_scores=None
        if scores is None
        else {name: p for name, p in scores.items() if (name in chosen) != inverse},
    )


def count_abstentions(annotation: Annotation) -> int:
    """Return the number of abstentions, those from some labels only included."""
    return len(annotation.abstain) + len(annotation.abstain_labels)


def scores(annotation: Annotation) -> list[float]:
    """Return the scores of spans, in the order of the text, and of the labels of the text."""
    spans = [span.score for span in annotation.spans or () if span.score is not None]
    known = annotation.label_scores or {}
    return spans + [known[label] for label in annotation.labels or () if label in known]


def count_spans(annotation: Annotation) -> int:
    """Return the number of spans."""
    return len(annotation.spans or ())


def has_overlaps(spans: Sequence[Span]) -> bool:
    """Return whether two spans share a character.

    Args:
        spans: spans in order of position.
    """
    return any(after.start < before.end for before, after in pairwise(spans))


def label_counts(annotations: Iterable[Annotation]) -> Counter[str]:
    """Count the labels of spans and of whole texts."""
    labels: Counter[str] = Counter()
    for annotation in annotations:
        labels.update(span.label for span in annotation.spans or ())
        labels.update(annotation.labels or ())
    return labels


def uncertainties(document: Document) -> dict[SpanKey, float]:
    """Return 1 minus the score of every span and every label of the text that has one.

    The key of a label of the text is that of a span of the whole text.
    """
    annotation = document.annotation
    known = annotation.label_scores or {}
    labels = [label for label in annotation.labels or () if label in known]
    return {(0, len(document.text), label): 1 - known[label] for label in labels} | {
        s.key: 1 - s.score for s in annotation.spans or () if s.score is not None
    }


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
