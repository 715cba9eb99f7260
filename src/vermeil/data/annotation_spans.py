"""Functions of annotations that hold for every task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vermeil.data.document import Annotation, Document, LabelAbstention, Span
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
    """Return the annotation with abstentions in place of spans and labels with a lower score."""
    annotation = _abstain_from_labels(annotation, min_score)
    spans = annotation.spans or ()
    low = [span for span in spans if span.score is not None and span.score < min_score]
    if not low:
        return annotation
    abstain = sorted({*annotation.abstain, *((span.start, span.end) for span in low)})
    kept = tuple(span for span in spans if span not in low)
    return replace(annotation, spans=kept, abstain=tuple(abstain))


def without_low_scores(annotation: Annotation, min_score: float) -> Annotation:
    """Return the annotation without the spans and labels that have a lower score."""
    spans, labels, known = annotation.spans, annotation.labels, annotation.label_scores or {}
    return replace(
        annotation,
        spans=None
        if spans is None
        else tuple(s for s in spans if s.score is None or s.score >= min_score),
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

    spans, labels = annotation.spans, annotation.labels
    return replace(
        annotation,
        spans=None if spans is None else tuple(s for s in spans if not is_unknown(s)),
        labels=None if labels is None else tuple(x for x in labels if x not in unknown),
    )


def only_labels(
    annotation: Annotation, labels: Sequence[str], *, inverse: bool = False
) -> Annotation:
    """Return the spans and labels of an annotation that have one of some labels, or none of them.

    Relations and abstentions from some labels are left out.

    Args:
        annotation: the annotation.
        labels: the labels.
        inverse: keep what has none of the labels.
    """
    chosen = set(labels)
    spans, own = annotation.spans, annotation.labels
    scores = annotation.label_scores
    return Annotation(
        spans=None if spans is None else tuple(s for s in spans if (s.label in chosen) != inverse),
        labels=None if own is None else tuple(x for x in own if (x in chosen) != inverse),
        abstain=annotation.abstain,
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
