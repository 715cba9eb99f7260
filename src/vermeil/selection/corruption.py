"""Making the errors of a teacher: what a corrector of its labels is taught with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vermeil.data.document import Range
from vermeil.data.region import Candidate, SpanKey, overlaps

LabelledWordRanges = list[tuple[int, int, str]]
"""First word, word behind the last one, label."""


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """How often a teacher errs, each per true mark.

    Args:
        missed: it marks nothing there.
        relabelled: just this stretch, but another label.
        moved: another stretch that touches it.
        spurious: marks that touch no true one.
    """

    missed: float
    relabelled: float
    moved: float
    spurious: float


def error_rates(pairs: Iterable[tuple[Candidate, Candidate]]) -> ErrorRates:
    """Count a teacher's errors on doubly labelled documents.

    Each count has one added to it, so that no kind is taken to be impossible.

    Args:
        pairs: per document the true marks, and what the teacher says.
    """
    number = missed = relabelled = moved = spurious = 1
    for true, said in pairs:
        number += len(true)
        told = {mark[:2]: mark[2] for mark in said}
        for start, end, label in true:
            if (start, end) in told:
                relabelled += told[start, end] != label
            elif any(overlaps(mark, start, end) for mark in said):
                moved += 1
            else:
                missed += 1
        spurious += sum(not any(overlaps(m, a, b) for m in true) for a, b, _ in said)
    whole = max(number, missed + relabelled + moved)
    return ErrorRates(missed / whole, relabelled / whole, moved / whole, spurious / whole)


def corrupt(
    span_keys: Candidate,
    words: Sequence[Range],
    labels: Sequence[str],
    rates: ErrorRates,
    random: np.random.Generator,
) -> Candidate:
    """Return marks with errors made at random.

    Args:
        span_keys: of whole words, in order, none overlapping another.
        words: ranges of the text's words.
        labels: the label set.
        rates: how often each error is made.
        random: draws them.

    Returns:
        Marks of whole words, in order, none overlapping another.
    """
    first = {start: number for number, (start, _) in enumerate(words)}
    last = {end: number for number, (_, end) in enumerate(words)}
    pieces: LabelledWordRanges = []
    for start, end, label in span_keys:
        piece = (first[start], last[end] + 1, label)
        pieces += _corrupt_piece(piece, len(words), labels, rates, random)
    taken: set[int] = set()
    kept: LabelledWordRanges = []
    for piece in pieces:
        if not taken.intersection(range(*piece[:2])):
            kept.append(piece)
            taken.update(range(*piece[:2]))
    free = [number for number in range(len(words)) if number not in taken]
    more = min(len(free), int(random.poisson(rates.spurious * max(1, len(span_keys)))))
    for number in random.choice(free, more, replace=False) if more else ():
        kept.append((int(number), int(number) + 1, str(random.choice(list(labels)))))
    return tuple(_span_key(piece, words) for piece in sorted(kept))


def _corrupt_piece(
    piece: tuple[int, int, str],
    words: int,
    labels: Sequence[str],
    rates: ErrorRates,
    random: np.random.Generator,
) -> LabelledWordRanges:
    first, end, label = piece
    draw = random.random()
    if draw < rates.missed:
        return []
    draw -= rates.missed
    others = [one for one in labels if one != label]
    if draw < rates.relabelled:
        return [(first, end, str(random.choice(others)))] if others else [piece]
    draw -= rates.relabelled
    if draw >= rates.moved:
        return [piece]
    options = [(first - 1, end), (first + 1, end), (first, end - 1), (first, end + 1)]
    fitting = [(a, b) for a, b in options if 0 <= a < b <= words]
    a, b = fitting[int(random.integers(len(fitting)))] if fitting else (first, end)
    return [(a, b, label)]


def _span_key(piece: tuple[int, int, str], words: Sequence[Range]) -> SpanKey:
    first, end, label = piece
    return (words[first][0], words[end - 1][1], label)
