"""A document's text in pieces at its spans and abstentions, for display."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class ShownSpan(Protocol):
    """The part of a span that is shown (`vermeil.data.document` imports this module)."""

    @property
    def start(self) -> int:
        """First code point."""

    @property
    def end(self) -> int:
        """One past the last code point."""

    @property
    def label(self) -> str:
        """The label's name."""

    @property
    def score(self) -> float | None:
        """Probability that the span is right."""


class ShownDocument(Protocol):
    """The part of a document that is shown."""

    @property
    def id(self) -> str:
        """The document's id."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def group(self) -> str | None:
        """The larger unit that the document belongs to."""

    @property
    def annotation(self) -> Any:
        """The annotation, a `vermeil.data.document.Annotation`."""


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of a text.

    Args:
        text: the characters.
        label: label of the span; None: no span.
        score: score of the span, if it has one.
        is_unknown: whether the piece is an abstention.
    """

    text: str
    label: str | None = None
    score: float | None = None
    is_unknown: bool = False

    @property
    def is_marked(self) -> bool:
        """Return whether the piece is a span or an abstention."""
        return self.label is not None or self.is_unknown


def text_pieces(document: ShownDocument) -> tuple[list[TextPiece], list[ShownSpan]]:
    """Return the pieces of the text, and the spans that are not among them.

    A span that begins within an earlier one has no piece. All pieces together are the text.
    """
    text, annotation = document.text, document.annotation
    marks: list[tuple[int, int, str | None, float | None]] = []
    hidden: list[ShownSpan] = []
    end = 0
    for span in annotation.spans or ():
        if span.start < end:
            hidden.append(span)
        else:
            marks.append((span.start, span.end, span.label, span.score))
            end = span.end
    marks += [(start, end, None, None) for start, end in annotation.abstain]
    pieces: list[TextPiece] = []
    at = 0
    for start, end, label, score in sorted(marks, key=lambda mark: (mark[0], mark[1])):
        if start > at:
            pieces.append(TextPiece(text[at:start]))
        pieces.append(TextPiece(text[max(start, at) : end], label, score, is_unknown=label is None))
        at = max(at, end)
    if at < len(text):
        pieces.append(TextPiece(text[at:]))
    return pieces, hidden
