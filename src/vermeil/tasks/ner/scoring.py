"""Strict span scoring: a span is right when start, end and label are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from vermeil.data.counts import Counts, ErrorKind, MatchCounts
from vermeil.data.document import Range, Span
from vermeil.data.region import SpanKey
from vermeil.tasks.labels import NO_LABEL


def count_spans(gold: Sequence[Span], predicted: Sequence[Span]) -> Counts:
    """Score one document, as CoNLL's scorer does (Tjong Kim Sang and De Meulder 2003).

    Confusion and errors pair every gold span with at most one predicted span: first those with the
    same boundaries, then those that overlap most. What is left over is missing or spurious, paired
    with "O".

    Args:
        gold: the spans that are right; a span that is given twice counts once.
        predicted: the spans to score; likewise.
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
    return Counts(_tallies(gold_keys, predicted_keys, same), span_only, confusion, 1, 0, errors)


def add_errors(
    gold: Sequence[SpanKey],
    predicted: Sequence[SpanKey],
    confusion: Counter[tuple[str, str]],
    errors: Counter[tuple[str, ErrorKind]],
) -> None:
    """Pair the spans that are not right, and count what is wrong with each.

    Args:
        gold: keys of the gold spans that were not found, sorted.
        predicted: keys of the predicted spans that are wrong, sorted.
        confusion: grows by one per pair and per span without a partner.
        errors: likewise, by the gold span's label (the predicted one's where it is spurious).
    """
    closest = sorted(_overlaps(gold, predicted), key=lambda o: (not o[2], -o[3], o[0], o[1]))
    free_gold, free_predicted = set(range(len(gold))), set(range(len(predicted)))
    for i, j, same_range, _ in closest:
        if i in free_gold and j in free_predicted:
            expected, said = gold[i][2], predicted[j][2]
            confusion[expected, said] += 1
            kind: ErrorKind = "type" if same_range else "boundary" if expected == said else "both"
            errors[expected, kind] += 1
            free_gold.remove(i)
            free_predicted.remove(j)
    for i in free_gold:
        confusion[gold[i][2], NO_LABEL] += 1
        errors[gold[i][2], "missing"] += 1
    for j in free_predicted:
        confusion[NO_LABEL, predicted[j][2]] += 1
        errors[predicted[j][2], "spurious"] += 1


def _tallies(
    gold: set[SpanKey], predicted: set[SpanKey], same: set[SpanKey]
) -> dict[str, MatchCounts]:
    tallies: dict[str, list[int]] = {}
    for place, keys in enumerate((same, predicted, gold)):
        for _, _, label in keys:
            tallies.setdefault(label, [0, 0, 0])[place] += 1
    return {label: MatchCounts(*tallies[label]) for label in sorted(tallies)}


def _overlaps(
    left: Sequence[SpanKey], right: Sequence[SpanKey]
) -> Iterator[tuple[int, int, bool, int]]:
    """Pairs that share characters, of two sorted lists: numbers, same boundaries?, how many."""
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
    """The furthest end up to and including each span: what lies before cannot overlap."""
    furthest, reach = 0, []
    for _, end, _ in spans:
        furthest = max(furthest, end)
        reach.append(furthest)
    return reach
