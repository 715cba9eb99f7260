"""Highlighted text for the terminal: spans in colour, each followed by its label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from vermeil.data.document import Document, Span
from vermeil.data.visible import visible, visible_line

COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")


def heading(text: str) -> Text:
    """Return a heading with an empty line before it."""
    return Text(f"\n── {visible_line(text)}", style="bold")


def highlighted(document: Document, labels: Sequence[str]) -> Text:
    """Return the text with its spans as ``surface⟨LABEL⟩``, in one colour per label.

    Abstentions are marked as ``surface⟨?⟩``.

    Args:
        document: the document.
        labels: the label set; its order decides the colours.
    """
    if document.annotation.is_empty:
        return Text(f"{visible(document.text)}\n(not annotated)")
    drawn = Text()
    at = 0
    spans = document.spans or ()
    flat = list(_without_overlap(spans))
    marks = [(s.start, s.end, f"{s.label}{_score(s)}", _style(s.label, labels)) for s in flat]
    marks += [(start, end, "?", "dim italic") for start, end in document.annotation.abstain]
    for start, end, name, style in sorted(marks):
        drawn.append(visible(document.text[at:start]))
        drawn.append(visible(document.text[max(start, at) : end]), style)
        drawn.append(f"⟨{visible_line(name)}⟩", style)
        at = max(at, end)
    drawn.append(visible(document.text[at:]))
    if len(flat) < len(spans):
        drawn.append(f"\n({len(spans) - len(flat)} more spans inside or across these)")
    if document.labels is not None:
        labels_line = visible_line(", ".join(document.labels) or "none")
        drawn.append(f"\nlabels: {labels_line}", "bold")
    return drawn


def _without_overlap(spans: Sequence[Span]) -> Iterator[Span]:
    end = 0
    for span in spans:
        if span.start >= end:
            yield span
            end = span.end


def _style(label: str, labels: Sequence[str]) -> str:
    known = label in labels
    return f"bold {COLOURS[labels.index(label) % len(COLOURS)] if known else 'white'}"


def _score(span: Span) -> str:
    return "" if span.score is None else f" {span.score:.2f}"
