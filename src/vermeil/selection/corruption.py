"""Simulation of teacher errors, for the training data of the corrector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vermeil.data.document import Range
from vermeil.data.region import Candidate, SpanKey, overlaps

LabelledWordRanges = list[tuple[int, int, str]]
"""First word, one past the last word, and label of each span."""


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Error rates of a teacher, relative to the number of true spans.

    Args:
        missed: true spans without an overlapping span of the teacher.
        relabelled: true spans with the correct bounds and a wrong label.
        moved: true spans with an overlapping span of other bounds.
        spurious: the teacher's spans that overlap no true span.
    """

    missed: float
    relabelled: float
    moved: float
    spurious: float


def error_rates(pairs: Iterable[tuple[Candidate, Candidate]]) -> ErrorRates:
    """Estimate a teacher's error rates on documents with gold and silver labels.

    One is added to each count, so no rate is 0.

    Args:
        pairs: true span keys and the teacher's span keys of each document.
    """
    number = missed = relabelled = moved = spurious = 1
    for true, teacher in pairs:
        number += len(true)
        labels = {key[:2]: key[2] for key in teacher}
        for start, end, label in true:
            if (start, end) in labels:
                relabelled += labels[start, end] != label
            elif any(overlaps(key, start, end) for key in teacher):
                moved += 1
            else:
                missed += 1
        spurious += sum(not any(overlaps(key, a, b) for key in true) for a, b, _ in teacher)
    total = max(number, missed + relabelled + moved)
    return ErrorRates(missed / total, relabelled / total, moved / total, spurious / total)


def corrupt(
    span_keys: Candidate,
    words: Sequence[Range],
    labels: Sequence[str],
    rates: ErrorRates,
    random: np.random.Generator,
) -> Candidate:
    """Return span keys with random errors.

    Args:
        span_keys: keys of whole words, in order, without overlaps.
        words: ranges of the text's words.
        labels: the label set.
        rates: rate of each kind of error.
        random: random generator.

    Returns:
        Keys of whole words, in order, without overlaps.
    """
    first = {start: number for number, (start, _) in enumerate(words)}
    last = {end: number for number, (_, end) in enumerate(words)}
    corrupted: LabelledWordRanges = []
    for start, end, label in span_keys:
        span = (first[start], last[end] + 1, label)
        corrupted += _corrupt_span(span, len(words), labels, rates, random)
    taken: set[int] = set()
    kept: LabelledWordRanges = []
    for span in corrupted:
        if not taken.intersection(range(*span[:2])):
            kept.append(span)
            taken.update(range(*span[:2]))
    free = [number for number in range(len(words)) if number not in taken]
    spurious = min(len(free), int(random.poisson(rates.spurious * max(1, len(span_keys)))))
    for number in random.choice(free, spurious, replace=False) if spurious else ():
        kept.append((int(number), int(number) + 1, str(random.choice(list(labels)))))
    return tuple(_span_key(span, words) for span in sorted(kept))


def _corrupt_span(
    span: tuple[int, int, str],
    words: int,
    labels: Sequence[str],
    rates: ErrorRates,
    random: np.random.Generator,
) -> LabelledWordRanges:
    first, end, label = span
    draw = random.random()
    if draw < rates.missed:
        return []
    draw -= rates.missed
    others = [one for one in labels if one != label]
    if draw < rates.relabelled:
        return [(first, end, str(random.choice(others)))] if others else [span]
    draw -= rates.relabelled
    if draw >= rates.moved:
        return [span]
    shifted = [(first - 1, end), (first + 1, end), (first, end - 1), (first, end + 1)]
    valid = [(a, b) for a, b in shifted if 0 <= a < b <= words]
    a, b = valid[int(random.integers(len(valid)))] if valid else (first, end)
    return [(a, b, label)]


def _span_key(span: tuple[int, int, str], words: Sequence[Range]) -> SpanKey:
    first, end, label = span
    return (words[first][0], words[end - 1][1], label)
