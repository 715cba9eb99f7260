"""Strict span scoring: a span is correct if start, end and label are correct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from vermeil.data.counts import Counts, ErrorKind, MatchCounts
from vermeil.data.document import Range, Span
from vermeil.data.region import SpanKey
from vermeil.tasks.labels import NO_LABEL


def count_spans(gold: Sequence[Span], predicted: Sequence[Span]) -> Counts:
    """Score one document in the same way as the CoNLL scorer (Tjong Kim Sang, De Meulder 2003).

    Confusion and errors pair every gold span with at most one predicted span: first spans with the
    same boundaries, then spans with the largest overlap. Unpaired spans are missing or spurious and
    paired with "O".

    Args:
        gold: the correct spans; duplicates count once.
        predicted: the spans to score; duplicates count once.
    """
    gold_keys, predicted_keys = {s.key for s in gold}, {s.key for s in predicted}
    same = gold_keys & predicted_keys
    gold_ranges = {key[:2] for key in gold_keys}
    predicted_ranges = {key[:2] for key in predicted_keys}
    span_only = MatchCounts(
        len(gold_ranges & predicted_ranges), len(predicted_ranges), len(gold_ranges)
    )
    confusion: Counter[tuple[str, str]] = Counter((label, label) for _, _, label in same)
    errors: Counter[tuple[str, ErrorKind]] = Counter()
    add_errors(sorted(gold_keys - same), sorted(predicted_keys - same), confusion, errors)
    per_label = _counts_per_label(gold_keys, predicted_keys, same)
    return Counts(per_label, span_only, confusion, 1, 0, errors)


def add_errors(
    gold: Sequence[SpanKey],
    predicted: Sequence[SpanKey],
    confusion: Counter[tuple[str, str]],
    errors: Counter[tuple[str, ErrorKind]],
) -> None:
    """Pair wrong and missing spans, and count the kind of error of each.

    Args:
        gold: keys of the gold spans without a correct prediction, sorted.
        predicted: keys of the wrong predicted spans, sorted.
        confusion: updated: one count per pair and per unpaired span.
        errors: updated likewise, by the gold label (of spurious spans: the predicted label).
    """
    for expected, found, kind in pair_errors(gold, predicted):
        labels = (
            NO_LABEL if expected is None else expected[2],
            NO_LABEL if found is None else found[2],
        )
        confusion[labels] += 1
        errors[labels[1] if expected is None else labels[0], kind] += 1


def pair_errors(
    gold: Sequence[SpanKey], predicted: Sequence[SpanKey]
) -> Iterator[tuple[SpanKey | None, SpanKey | None, ErrorKind]]:
    """Yield each gold key with its wrong prediction, None for one that has no counterpart.

    Args:
        gold: keys of the gold spans without a correct prediction, sorted.
        predicted: keys of the wrong predicted spans, sorted.
    """
    closest = sorted(_overlaps(gold, predicted), key=lambda o: (not o[2], -o[3], o[0], o[1]))
    free_gold, free_predicted = set(range(len(gold))), set(range(len(predicted)))
    for i, j, same_range, _ in closest:
        if i in free_gold and j in free_predicted:
            same_label = gold[i][2] == predicted[j][2]
            yield gold[i], predicted[j], _kind(same_range, same_label)
            free_gold.remove(i)
            free_predicted.remove(j)
    for i in sorted(free_gold):
        yield gold[i], None, "missing"
    for j in sorted(free_predicted):
        yield None, predicted[j], "spurious"


def _kind(same_range: bool, same_label: bool) -> ErrorKind:
    if same_range:
        return "type"
    return "boundary" if same_label else "both"


def _counts_per_label(
    gold: set[SpanKey], predicted: set[SpanKey], same: set[SpanKey]
) -> dict[str, MatchCounts]:
    counts: dict[str, list[int]] = {}
    for column, keys in enumerate((same, predicted, gold)):
        for _, _, label in keys:
            counts.setdefault(label, [0, 0, 0])[column] += 1
    return {label: MatchCounts(*counts[label]) for label in sorted(counts)}


def _overlaps(
    left: Sequence[SpanKey], right: Sequence[SpanKey]
) -> Iterator[tuple[int, int, bool, int]]:
    """Yield the overlapping pairs of two sorted lists.

    Each pair has the two indices, whether the boundaries are equal, and the shared characters.
    """
    first = 0
    reach = _furthest_ends(right)
    for i, (start, end, _) in enumerate(left):
        while first < len(right) and reach[first] <= start:
            first += 1
        for j in range(first, len(right)):
            other: Range = right[j][:2]
            if other[0] >= end:
                break
            shared = min(end, other[1]) - max(start, other[0])
            if shared > 0:
                yield i, j, other == (start, end), shared


def _furthest_ends(spans: Sequence[SpanKey]) -> list[int]:
    """Return the furthest end up to and including each span."""
    furthest, reach = 0, []
    for _, end, _ in spans:
        furthest = max(furthest, end)
        reach.append(furthest)
    return reach
