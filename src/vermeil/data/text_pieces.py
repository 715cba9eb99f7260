"""A document's text in pieces at its spans and abstentions, for display."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.data.document import Document, Span


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


def text_pieces(document: Document) -> tuple[list[TextPiece], int]:
    """Return the pieces of the text, and the number of spans that are not among them.

    A span that begins within an earlier one is not shown. All pieces together are the text.
    """
    spans = document.spans or ()
    shown: list[Span] = []
    for span in spans:
        if not shown or span.start >= shown[-1].end:
            shown.append(span)
    marks: list[tuple[int, int, str | None, float | None]]
    marks = [(s.start, s.end, s.label, s.score) for s in shown]
    marks += [(start, end, None, None) for start, end in document.annotation.abstain]
    pieces: list[TextPiece] = []
    at = 0
    for start, end, label, score in sorted(marks, key=lambda mark: (mark[0], mark[1])):
        if start > at:
            pieces.append(TextPiece(document.text[at:start]))
        text = document.text[max(start, at) : end]
        pieces.append(TextPiece(text, label, score, is_unknown=label is None))
        at = max(at, end)
    if at < len(document.text):
        pieces.append(TextPiece(document.text[at:]))
    return pieces, len(spans) - len(shown)
