"""Scoring of whole corpora of tags at once, with arrays instead of one object per span.

The counts are those of `vermeil.data.tags.tags_to_spans` followed by `count_spans`, sentence by
sentence, with positions counted in tokens; tags that break their scheme are read as generously.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts, ErrorKind, MatchCounts
from vermeil.data.region import SpanKey
from vermeil.data.tags import split_tag
from vermeil.errors import DataError
from vermeil.tasks.ner.scoring import add_errors

_PREFIXES = "BIES"


def count_tags(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> Counts:
    """Score tag sequences strictly, many sentences at once.

    Args:
        gold: per sentence, one tag per token: IOB1, IOB2, BIOES or BILOU.
        predicted: the same sentences, tagged by the system.

    Raises:
        DataError: the sentences differ in number or length, or a tag is of no known scheme.
    """
    lengths = [len(tags) for tags in gold]
    others = [len(tags) for tags in predicted]
    if lengths != others:
        _raise_lengths(lengths, others)
    codes = _TagCodes()
    first = np.zeros(sum(lengths) + 1, dtype=bool)
    first[np.cumsum([0, *lengths])] = True
    truth, said = (_spans(tags, codes, first) for tags in (gold, predicted))
    return _compare(truth, said, codes.labels, len(lengths))


def _raise_lengths(gold: list[int], predicted: list[int]) -> None:
    if len(gold) != len(predicted):
        raise DataError(f"{len(predicted):,} tagged sentences for {len(gold):,} gold sentences")
    number = next(i for i, pair in enumerate(zip(gold, predicted, strict=True)) if len({*pair}) > 1)
    raise DataError(
        f"sentence {number + 1:,} has {predicted[number]} tags for {gold[number]} gold tags; "
        "expected one tag per token on both sides"
    )


class _TagCodes(dict[str, int]):
    """Tags as numbers, given out as tags are met: 0 for O, else 4 · label + prefix + 1."""

    def __init__(self) -> None:
        super().__init__({"O": 0})
        self.labels: list[str] = []

    def __missing__(self, tag: str) -> int:
        prefix, label = split_tag(tag)
        if label not in self.labels:
            self.labels.append(label)
        code = 4 * self.labels.index(label) + _PREFIXES.index(prefix) + 1
        self[tag] = code
        return code


@dataclass(frozen=True, slots=True)
class _SpanArrays:
    """Spans of all sentences, in order: int64 arrays of shape (spans,).

    Positions count the tokens of the whole corpus, so spans of different sentences never touch.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    labels: NDArray[np.int64]

    def keys(self, chosen: NDArray[np.bool_], names: Sequence[str]) -> Iterator[SpanKey]:
        columns = (column[chosen].tolist() for column in (self.starts, self.ends, self.labels))
        return ((start, end, names[label]) for start, end, label in zip(*columns, strict=True))


def _spans(
    sequences: Sequence[Sequence[str]], codes: _TagCodes, first: NDArray[np.bool_]
) -> _SpanArrays:
    """Find the spans; ``first`` marks the first token of every sentence, and the end of all."""
    size = len(first) - 1
    tags = np.zeros(size + 1, dtype=np.int64)
    flat = map(codes.__getitem__, chain.from_iterable(sequences))
    tags[:size] = np.fromiter(flat, dtype=np.int64, count=size)
    inside = tags > 0
    label, prefix = (tags - 1) // 4, (tags - 1) % 4
    before_ends = np.ones(size + 1, dtype=bool)
    before_ends[1:] = ~inside[:-1] | (prefix[:-1] >= 2) | (label[:-1] != label[1:])
    opens = inside & (first | before_ends | (prefix == 0) | (prefix == 3))
    goes_on = inside & ~opens
    starts = np.flatnonzero(opens)
    ends = np.flatnonzero(inside[:size] & ~goes_on[1:]) + 1
    return _SpanArrays(starts, ends, label[starts])


def _compare(
    gold: _SpanArrays, predicted: _SpanArrays, names: Sequence[str], documents: int
) -> Counts:
    # Spans of one side never overlap, so a start names a span.
    place = np.searchsorted(gold.starts, predicted.starts)
    place = np.minimum(place, max(0, len(gold.starts) - 1))
    same_range = np.zeros(len(predicted.starts), dtype=bool)
    right = same_range.copy()
    if len(gold.starts):
        same_start = gold.starts[place] == predicted.starts
        same_range = same_start & (gold.ends[place] == predicted.ends)
        right = same_range & (gold.labels[place] == predicted.labels)
    found = np.zeros(len(gold.starts), dtype=bool)
    found[place[right]] = True
    kinds = len(names)
    sums = [
        np.bincount(x, minlength=kinds).tolist()
        for x in (gold.labels[found], predicted.labels, gold.labels)
    ]
    tallies = {name: MatchCounts(*row) for name, *row in zip(names, *sums, strict=True) if any(row)}
    span_only = MatchCounts(int(same_range.sum()), len(predicted.starts), len(gold.starts))
    confusion = Counter({(k, k): t.correct for k, t in tallies.items() if t.correct})
    errors: Counter[tuple[str, ErrorKind]] = Counter()
    left, over = list(gold.keys(~found, names)), list(predicted.keys(~right, names))
    add_errors(left, over, confusion, errors)
    return Counts(dict(sorted(tallies.items())), span_only, confusion, documents, 0, errors)
