"""A sentence with its marked spans, judged against the gold, ready for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vermeil.data.region import SpanKey

Correctness = Literal["plain", "right", "wrong", "missed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text: unmarked where ``label`` is empty.

    Args:
        text: the characters.
        label: of the mark.
        correctness: right or wrong against the gold; missed: gold that was not marked; plain: not
            judged.
        note: what the gold has in its place, in words.
    """

    text: str
    label: str = ""
    correctness: Correctness = "plain"
    note: str = ""


@dataclass(frozen=True, slots=True)
class HighlightedText:
    """A text in pieces, and how many of its marks are right, wrong and missed.

    Args:
        pieces: in order; together they are the text.
        right: marks that the gold has, too; the same for ``wrong``. None where nothing is judged.
        missed: gold spans that were not found exactly.
        hidden: marks that are counted but not shown, because they cross one that is.
    """

    pieces: tuple[Piece, ...]
    right: int | None
    wrong: int
    missed: int
    hidden: int


def highlight_spans(
    text: str, spans: Sequence[Mapping[str, Any]], gold: Sequence[Mapping[str, Any]] | None
) -> HighlightedText:
    """Cut a text into pieces by its spans and compare them with the gold.

    Args:
        text: the document's text.
        spans: who marked what: ``start``, ``end``, ``label``.
        gold: the people's spans; None where there is nothing to compare with.
    """
    found, truth = _keys(spans, len(text)), _keys(gold or (), len(text))
    shown: list[tuple[SpanKey, Correctness, str]] = []
    taken: list[SpanKey] = []
    for key in found:
        if not any(_overlap(key, other) for other in taken):
            taken.append(key)
            shown.append(_assess(text, key, truth) if gold is not None else (key, "plain", ""))
    hidden = len(found) - len(taken)
    for key in truth:
        if key not in found and not any(_overlap(key, other) for other in taken):
            taken.append(key)
            shown.append((key, "missed", ""))
    right = len(set(found) & set(truth))
    return HighlightedText(
        pieces=_pieces(text, sorted(shown)),
        right=None if gold is None else right,
        wrong=0 if gold is None else len(found) - right,
        missed=0 if gold is None else len(truth) - right,
        hidden=hidden,
    )


def _keys(spans: Sequence[Mapping[str, Any]], size: int) -> list[SpanKey]:
    """Return the spans that lie in the text, each once, longest first at a place."""
    keys = {(int(s["start"]), int(s["end"]), str(s["label"])) for s in spans}
    inside = [key for key in keys if 0 <= key[0] < key[1] <= size]
    return sorted(inside, key=lambda key: (key[0], -key[1], key[2]))


def _overlap(one: SpanKey, other: SpanKey) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _assess(text: str, key: SpanKey, truth: Sequence[SpanKey]) -> tuple[SpanKey, Correctness, str]:
    if key in truth:
        return key, "right", ""
    crossed = [other for other in truth if _overlap(key, other)]
    said = [
        other[2] if other[:2] == key[:2] else f"“{text[other[0] : other[1]]}” {other[2]}"
        for other in crossed
    ]
    return key, "wrong", f"gold: {', '.join(said)}" if said else "gold: nothing"


def _pieces(text: str, shown: Sequence[tuple[SpanKey, Correctness, str]]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = 0
    for (start, end, label), judgement, note in shown:
        if at < start:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:end], label, judgement, note))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return tuple(pieces)
