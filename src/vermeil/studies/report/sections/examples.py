"""Examples section of the page: documents with gold, teacher and student annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vermeil.studies.format import regimen_name
from vermeil.studies.report.highlighted_text import HighlightedText, highlight_spans

View = dict[str, Any]

_COLOURS = 8
"""Number of label colours of the page (palette of Okabe and Ito, safe for colour blindness)."""


def example_views(examples: Sequence[Mapping[str, Any]]) -> list[View]:
    """Return the examples; equal annotations share a line.

    Args:
        examples: ``id``, ``text``, ``gold``, ``teacher`` and ``students`` by regimen. Each
            annotation is a list of spans or of document labels; absent: not annotated.
    """
    labels = dict.fromkeys(label for example in examples for label in _labels(example))
    colours = {label: f"label{index % _COLOURS}" for index, label in enumerate(labels)}
    return [{"id": str(example["id"]), "lines": _lines(example, colours)} for example in examples]


def _labels(example: Mapping[str, Any]) -> Iterator[str]:
    students = (example.get("students") or {}).values()
    for spans in (example.get("gold"), example.get("teacher"), *students):
        for span in spans or ():
            yield span if isinstance(span, str) else str(span["label"])


def _lines(example: Mapping[str, Any], colours: Mapping[str, str]) -> list[View]:
    text, gold = str(example["text"]), example.get("gold")
    annotations = [("Gold", "gold", gold), ("Teacher", "teacher", example.get("teacher"))]
    for regimen, spans in (example.get("students") or {}).items():
        annotations.append((regimen_name(regimen), "student", spans))
    lines: list[View] = []
    for name, kind, spans in annotations:
        if spans is None:
            continue
        line = {
            "kind": kind,
            **_annotated_line(text, spans, None if kind == "gold" else gold, colours),
        }
        same = next((one for one in lines if {**one, "name": None} == {**line, "name": None}), None)
        if same is None:
            lines.append({"name": name, **line})
        else:
            same["name"] += f", {name}"
    return lines


def _annotated_line(
    text: str, spans: Sequence[Any], gold: Sequence[Any] | None, colours: Mapping[str, str]
) -> View:
    if any(isinstance(span, str) for span in (*spans, *(gold or ()))):
        chips = [{"text": label, "css": colours.get(label, "label7")} for label in spans]
        counts = "" if gold is None else "right" if set(spans) == set(gold) else "wrong"
        return {"text": text, "labels": chips, "pieces": [], "counts": counts}
    highlighted = highlight_spans(text, spans, gold)
    pieces = [
        {
            "text": piece.text,
            "label": piece.label,
            "correctness": piece.correctness,
            "note": piece.note,
            "css": f"{colours.get(piece.label, '')} {piece.correctness}",
        }
        for piece in highlighted.pieces
    ]
    return {"text": text, "labels": None, "pieces": pieces, "counts": _counts(highlighted)}


def _counts(highlighted: HighlightedText) -> str:
    """Return the counts of right, wrong and missed spans as text."""
    parts = []
    if highlighted.right is not None:
        counted = [
            (highlighted.right, "right"),
            (highlighted.wrong, "wrong"),
            (highlighted.missed, "missed"),
        ]
        parts = [f"{n} {word}" for n, word in counted if n] or ["correctly no span"]
    if highlighted.hidden:
        parts.append(f"{highlighted.hidden} overlapping not shown")
    return ", ".join(parts)
