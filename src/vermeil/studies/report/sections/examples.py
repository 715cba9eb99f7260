"""Examples section of the page: documents with gold, teacher and student annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vermeil.studies.format import regimen_name
from vermeil.studies.report.highlighted_text import (
    Correctness,
    HighlightedText,
    Piece,
    highlight_spans,
)
from vermeil.studies.results.context import ExampleRecord
from vermeil.studies.results.scores import ReportLabels, SpanRecord

_COLOURS = 8
"""Number of label colours of the page (palette of Okabe and Ito, safe for colour blindness)."""


@dataclass(frozen=True, slots=True)
class LabelChip:
    """A label of a whole document, with its CSS class."""

    text: str
    css: str


@dataclass(frozen=True, slots=True)
class PieceView:
    """A piece of the text, with its CSS classes."""

    text: str
    label: str
    correctness: Correctness
    note: str
    css: str


@dataclass(frozen=True, slots=True)
class AnnotatedLine:
    """One annotation of a document; ``labels`` is None for an annotation with spans."""

    name: str
    kind: Literal["gold", "teacher", "student"]
    text: str
    labels: tuple[LabelChip, ...] | None
    pieces: tuple[PieceView, ...]
    counts: str


@dataclass(frozen=True, slots=True)
class ExampleView:
    """A document with its annotations; equal annotations share a line."""

    id: str
    lines: list[AnnotatedLine]


def example_views(examples: Sequence[ExampleRecord]) -> list[ExampleView]:
    """Return the examples; equal annotations share a line.

    Args:
        examples: test documents with their annotations.
    """
    labels = dict.fromkeys(label for example in examples for label in _labels(example))
    colours = {label: f"label{index % _COLOURS}" for index, label in enumerate(labels)}
    return [ExampleView(example.id, _lines(example, colours)) for example in examples]


def _labels(example: ExampleRecord) -> Iterator[str]:
    for annotation in (example.gold, example.teacher, *example.students.values()):
        for one in annotation or ():
            yield one if isinstance(one, str) else one.label


def _lines(example: ExampleRecord, colours: Mapping[str, str]) -> list[AnnotatedLine]:
    gold = example.gold
    annotated = [_line("Gold", "gold", example, gold, colours)]
    annotated.append(_line("Teacher", "teacher", example, example.teacher, colours))
    for regimen, found in example.students.items():
        annotated.append(_line(regimen_name(regimen), "student", example, found, colours))
    lines: list[AnnotatedLine] = []
    for line in annotated:
        if line is None:
            continue
        same = next(
            (i for i, one in enumerate(lines) if replace(one, name=line.name) == line), None
        )
        if same is None:
            lines.append(line)
        else:
            lines[same] = replace(line, name=f"{lines[same].name}, {line.name}")
    return lines


def _line(
    name: str,
    kind: Literal["gold", "teacher", "student"],
    example: ExampleRecord,
    found: ReportLabels | None,
    colours: Mapping[str, str],
) -> AnnotatedLine | None:
    if found is None:
        return None
    gold = None if kind == "gold" else example.gold
    labels = [one for one in found if isinstance(one, str)]
    if labels or any(isinstance(one, str) for one in gold or ()):
        chips = tuple(LabelChip(label, colours.get(label, "label7")) for label in labels)
        counts = "" if gold is None else "right" if set(labels) == set(gold) else "wrong"
        return AnnotatedLine(name, kind, example.text, chips, (), counts)
    highlighted = highlight_spans(
        example.text, _spans(found), None if gold is None else _spans(gold)
    )
    pieces = tuple(
        PieceView(
            piece.text,
            piece.label,
            piece.correctness,
            piece.note,
            f"{colours.get(piece.label, '')} {piece.correctness}",
        )
        for piece in highlighted.pieces
    )
    return AnnotatedLine(name, kind, example.text, None, pieces, _counts(highlighted))


def _spans(annotation: ReportLabels) -> list[SpanRecord]:
    return [one for one in annotation if isinstance(one, SpanRecord)]


def _counts(highlighted: HighlightedText) -> str:
    """Return the counts of right, wrong and missed spans as text, and the overlapping spans."""
    parts = []
    if highlighted.right is not None:
        counted = [
            (highlighted.right, "right"),
            (highlighted.wrong, "wrong"),
            (highlighted.missed, "missed"),
        ]
        parts = [f"{n} {word}" for n, word in counted if n] or ["correctly no span"]
    if highlighted.hidden:
        parts.append(f"overlapping: {'; '.join(map(_overlapping, highlighted.hidden))}")
    return ", ".join(parts)


def _overlapping(piece: Piece) -> str:
    """Return an overlapping span as text: surface, label, and whether it is right."""
    compared = "" if piece.correctness == "plain" else f" ({piece.correctness})"
    return f"“{piece.text}” {piece.label}{compared}"
