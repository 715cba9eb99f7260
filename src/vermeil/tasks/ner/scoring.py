"""Strict span scoring: a span is right when start, end and label are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from vermeil.data.counts import Counts, Tally
from vermeil.data.document import Range, Span
from vermeil.tasks.labels import NOTHING


def count_spans(gold: Sequence[Span], predicted: Sequence[Span]) -> Counts:
    """Score one document, as CoNLL's scorer does (Tjong Kim Sang and De Meulder 2003).

    The confusion pairs every gold span with at most one predicted span: first those with the same
    boundaries, then those that overlap most. What is left over is missed or spurious, paired with
    "O".

    Args:
        gold: the spans that are right; a span that is given twice counts once.
        predicted: the spans to score; likewise.
    """
    gold_keys, predicted_keys = {s.key for s in gold}, {s.key for s in predicted}
    per_label = _tallies(gold_keys, predicted_keys)
    gold_ranges = {(start, end) for start, end, _ in gold_keys}
    predicted_ranges = {(start, end) for start, end, _ in predicted_keys}
    span_only = Tally(len(gold_ranges & predicted_ranges), len(predicted_ranges), len(gold_ranges))
    return Counts(per_label, span_only, _confusion(gold_keys, predicted_keys), documents=1)


_Key = tuple[int, int, str]


def _tallies(gold: set[_Key], predicted: set[_Key]) -> dict[str, Tally]:
    in_gold = Counter(label for _, _, label in gold)
    in_predicted = Counter(label for _, _, label in predicted)
    correct = Counter(label for _, _, label in gold & predicted)
    labels = sorted(in_gold.keys() | in_predicted.keys())
    return {label: Tally(correct[label], in_predicted[label], in_gold[label]) for label in labels}


def _confusion(gold: set[_Key], predicted: set[_Key]) -> dict[tuple[str, str], int]:
    same = gold & predicted
    pairs: Counter[tuple[str, str]] = Counter((label, label) for _, _, label in same)
    left, right = sorted(gold - same), sorted(predicted - same)
    closest = sorted(_overlaps(left, right), key=lambda o: (not o[2], -o[3], o[0], o[1]))
    free_left, free_right = set(range(len(left))), set(range(len(right)))
    for i, j, _, _ in closest:
        if i in free_left and j in free_right:
            pairs[left[i][2], right[j][2]] += 1
            free_left.remove(i)
            free_right.remove(j)
    pairs.update((left[i][2], NOTHING) for i in free_left)
    pairs.update((NOTHING, right[j][2]) for j in free_right)
    return dict(pairs)


def _overlaps(left: list[_Key], right: list[_Key]) -> Iterator[tuple[int, int, bool, int]]:
    """Pairs that share characters, of two sorted lists: numbers, same boundaries?, how many."""
    first = 0
    reach = _reach(right)
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


def _reach(spans: list[_Key]) -> list[int]:
    """The furthest end up to and including each span: what lies before cannot overlap."""
    furthest, reach = 0, []
    for _, end, _ in spans:
        furthest = max(furthest, end)
        reach.append(furthest)
    return reach
