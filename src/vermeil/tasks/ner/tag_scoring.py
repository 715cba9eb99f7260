"""Scoring of whole corpora of tags with arrays instead of one object per span.

The counts equal those of `vermeil.data.tags.tags_to_spans` and `count_spans` per sentence, with
positions in tokens. Invalid tag sequences are repaired by the same rules.
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
    """Score the tag sequences of many sentences strictly.

    Args:
        gold: one tag per token of each sentence: IOB1, IOB2, BIOES or BILOU.
        predicted: the system's tags of the same sentences.

    Raises:
        DataError: the sentences differ in number or length, or a tag has an unknown scheme.
    """
    lengths = [len(tags) for tags in gold]
    others = [len(tags) for tags in predicted]
    if lengths != others:
        _raise_lengths(lengths, others)
    codes = _TagCodes()
    first = np.zeros(sum(lengths) + 1, dtype=bool)
    first[np.cumsum([0, *lengths])] = True
    expected, found = (_spans(tags, codes, first) for tags in (gold, predicted))
    return _compare(expected, found, codes.labels, len(lengths))


def _raise_lengths(gold: list[int], predicted: list[int]) -> None:
    if len(gold) != len(predicted):
        raise DataError(f"{len(predicted):,} tagged sentences for {len(gold):,} gold sentences")
    number = next(i for i, pair in enumerate(zip(gold, predicted, strict=True)) if len({*pair}) > 1)
    raise DataError(
        f"sentence {number + 1:,} has {predicted[number]} tags for {gold[number]} gold tags; "
        "expected one tag per token on both sides"
    )


class _TagCodes(dict[str, int]):
    """Codes of tags, assigned on first use: 0 for O, else 4 · label + prefix + 1."""

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

    Positions count the tokens of the whole corpus, so spans of different sentences never overlap.
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
    """Return the spans of all sentences.

    Args:
        sequences: the tags of each sentence.
        codes: codes of the tags; extended by new tags.
        first: shape (tokens + 1,): True at the first token of each sentence and at the end.
    """
    size = len(first) - 1
    tags = np.zeros(size + 1, dtype=np.int64)
    flat = map(codes.__getitem__, chain.from_iterable(sequences))
    tags[:size] = np.fromiter(flat, dtype=np.int64, count=size)
    inside = tags > 0
    label, prefix = (tags - 1) // 4, (tags - 1) % 4
    before_ends = np.ones(size + 1, dtype=bool)
    before_ends[1:] = ~inside[:-1] | (prefix[:-1] >= 2) | (label[:-1] != label[1:])
    opens = inside & (first | before_ends | (prefix == 0) | (prefix == 3))
    continues = inside & ~opens
    starts = np.flatnonzero(opens)
    ends = np.flatnonzero(inside[:size] & ~continues[1:]) + 1
    return _SpanArrays(starts, ends, label[starts])


def _compare(
    gold: _SpanArrays, predicted: _SpanArrays, names: Sequence[str], documents: int
) -> Counts:
    # Spans of one side never overlap, so a start identifies a span.
    index = np.searchsorted(gold.starts, predicted.starts)
    index = np.minimum(index, max(0, len(gold.starts) - 1))
    same_range = np.zeros(len(predicted.starts), dtype=bool)
    correct = same_range.copy()
    if len(gold.starts):
        same_start = gold.starts[index] == predicted.starts
        same_range = same_start & (gold.ends[index] == predicted.ends)
        correct = same_range & (gold.labels[index] == predicted.labels)
    found = np.zeros(len(gold.starts), dtype=bool)
    found[index[correct]] = True
    kinds = len(names)
    sums = [
        np.bincount(x, minlength=kinds).tolist()
        for x in (gold.labels[found], predicted.labels, gold.labels)
    ]
    counts = {name: MatchCounts(*row) for name, *row in zip(names, *sums, strict=True) if any(row)}
    span_only = MatchCounts(int(same_range.sum()), len(predicted.starts), len(gold.starts))
    confusion = Counter({(k, k): c.correct for k, c in counts.items() if c.correct})
    errors: Counter[tuple[str, ErrorKind]] = Counter()
    missed, wrong = list(gold.keys(~found, names)), list(predicted.keys(~correct, names))
    add_errors(missed, wrong, confusion, errors)
    return Counts(dict(sorted(counts.items())), span_only, confusion, documents, 0, errors)
