"""Highlighted text for the terminal: spans in colour, each followed by its label."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from vermeil.data.display import pair_lines, relation_lines
from vermeil.data.document import Document
from vermeil.data.text_pieces import text_pieces
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
    pieces, hidden = text_pieces(document)
    for piece in pieces:
        if not piece.is_marked:
            drawn.append(visible(piece.text))
            continue
        style = "dim italic" if piece.label is None else _style(piece.label, labels)
        score = "" if piece.score is None else f" {piece.score:.2f}"
        drawn.append(visible(piece.text), style)
        drawn.append(f"⟨{visible_line(piece.label or '?')}{score}⟩", style)
    if hidden:
        drawn.append(f"\n({len(hidden)} more spans inside or across these)")
    if document.labels is not None:
        labels_line = visible_line(", ".join(document.labels) or "none")
        drawn.append(f"\nlabels: {labels_line}", "bold")
    for name, lines in (
        ("relation", relation_lines(document)),
        ("unknown pair", pair_lines(document)),
    ):
        for line in lines:
            drawn.append(f"\n{name}: {visible_line(line)}", "bold" if name == "relation" else "dim")
    return drawn


def _style(label: str, labels: Sequence[str]) -> str:
    known = label in labels
    return f"bold {COLOURS[labels.index(label) % len(COLOURS)] if known else 'white'}"
