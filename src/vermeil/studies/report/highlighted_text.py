"""A text with highlighted spans, compared with gold, for the report page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vermeil.data.region import SpanKey
from vermeil.studies.results.scores import SpanRecord

Correctness = Literal["plain", "right", "wrong", "missed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text, highlighted if it has a label.

    Args:
        text: the characters.
        label: label of the span; empty: no span.
        correctness: right or wrong compared with gold; missed: a gold span that was not predicted;
            plain: not compared.
        note: the gold spans in place of a wrong one, as text.
    """

    text: str
    label: str = ""
    correctness: Correctness = "plain"
    note: str = ""


@dataclass(frozen=True, slots=True)
class HighlightedText:
    """A text in pieces, with counts of right, wrong and missed spans.

    Args:
        pieces: the pieces in order; together they are the text.
        right: number of spans that gold has, too; None: not compared with gold.
        wrong: number of spans that gold does not have.
        missed: number of gold spans that were not predicted exactly.
        hidden: the spans that have no piece, because they overlap a span with one.
    """

    pieces: tuple[Piece, ...]
    right: int | None
    wrong: int
    missed: int
    hidden: tuple[Piece, ...] = ()


def highlight_spans(
    text: str, spans: Sequence[SpanRecord], gold: Sequence[SpanRecord] | None
) -> HighlightedText:
    """Split a text into pieces at its spans, and compare the spans with gold.

    Args:
        text: the document's text.
        spans: the spans.
        gold: gold spans; None: the spans are not compared.
    """
    found, truth = _keys(spans, len(text)), _keys(gold or (), len(text))
    shown: list[tuple[SpanKey, Correctness, str]] = []
    hidden: list[Piece] = []
    placed: list[SpanKey] = []
    for key in found:
        assessed = _assess(text, key, truth) if gold is not None else (key, "plain", "")
        if not any(_overlap(key, other) for other in placed):
            placed.append(key)
            shown.append(assessed)
        else:
            hidden.append(Piece(text[key[0] : key[1]], key[2], *assessed[1:]))
    for key in truth:
        crossed = [other for other in placed if _overlap(key, other)]
        if key not in found and not crossed:
            placed.append(key)
            shown.append((key, "missed", ""))
        elif key not in found and set(crossed) <= set(truth):  # a wrong span names it in its note
            hidden.append(Piece(text[key[0] : key[1]], key[2], "missed"))
    right = len(set(found) & set(truth))
    return HighlightedText(
        pieces=_pieces(text, sorted(shown)),
        right=None if gold is None else right,
        wrong=0 if gold is None else len(found) - right,
        missed=0 if gold is None else len(truth) - right,
        hidden=tuple(hidden),
    )


def _keys(spans: Sequence[SpanRecord], size: int) -> list[SpanKey]:
    """Return the different spans within the text, sorted by start, longest first."""
    keys = {(s.start, s.end, s.label) for s in spans}
    inside = [key for key in keys if 0 <= key[0] < key[1] <= size]
    return sorted(inside, key=lambda key: (key[0], -key[1], key[2]))


def _overlap(one: SpanKey, other: SpanKey) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _assess(text: str, key: SpanKey, truth: Sequence[SpanKey]) -> tuple[SpanKey, Correctness, str]:
    if key in truth:
        return key, "right", ""
    crossed = [other for other in truth if _overlap(key, other)]
    labels = [
        other[2] if other[:2] == key[:2] else f"“{text[other[0] : other[1]]}” {other[2]}"
        for other in crossed
    ]
    return key, "wrong", f"gold: {', '.join(labels)}" if labels else "gold: nothing"


def _pieces(text: str, shown: Sequence[tuple[SpanKey, Correctness, str]]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = 0
    for (start, end, label), correctness, note in shown:
        if at < start:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:end], label, correctness, note))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return tuple(pieces)
