"""Short text and HTML of a document for people: the representations in a console and a notebook."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from html import escape

from vermeil.data.text_pieces import ShownDocument, ShownSpan, TextPiece, text_pieces

SHORT_TEXT = 60
"""Maximum number of characters of the text in the short form."""
SHORT_SPANS = 5
"""Maximum number of spans in the short form."""
LONG_TEXT = 10_000
"""Maximum number of characters of the text in HTML."""


def document_summary(document: ShownDocument) -> str:
    """Return one line: id, start of the text, and what is annotated."""
    parts = [repr(document.id), repr(shorten(document.text, SHORT_TEXT))]
    annotation = document.annotation
    if annotation.is_empty:
        parts.append("not annotated")
    if annotation.spans is not None:
        shown = [_short_span(document, span) for span in annotation.spans[:SHORT_SPANS]]
        if further := len(annotation.spans) - len(shown):
            shown.append(f"… {further} more")
        parts.append(f"spans=[{', '.join(shown)}]")
    if annotation.labels is not None:
        parts.append(f"labels=[{', '.join(map(repr, annotation.labels))}]")
    if annotation.relations is not None:
        parts.append(f"relations={len(annotation.relations)}")
    if abstentions := len(annotation.abstain) + len(annotation.abstain_labels):
        parts.append(f"abstain={abstentions}")
    if annotation.abstain_pairs:
        parts.append(f"abstain_pairs={len(annotation.abstain_pairs)}")
    if document.group is not None:
        parts.append(f"group={document.group!r}")
    return f"Document({', '.join(parts)})"


def document_html(document: ShownDocument) -> str:
    """Return HTML: the text with highlighted spans and abstentions, then labels and relations.

    Everything that comes from the document is escaped. A span that overlaps an earlier one is
    listed below the text.
    """
    annotation = document.annotation
    pieces, overlapping = text_pieces(document)
    lines = [f'<div style="white-space:pre-wrap">{_marked_text(pieces)}']
    if (more := len(document.text) - LONG_TEXT) > 0:
        lines.append(f"<i>… {more:,} more characters</i>")
    lines.append("</div>")
    if overlapping:
        named = (_short_span(document, span) for span in overlapping)
        lines.append(_line("also", ", ".join(escape(one) for one in named)))
    if annotation.labels is not None:
        known = annotation.label_scores or {}
        chips = " ".join(
            _mark(f"{escape(label)} {known[label]:.2f}" if label in known else escape(label), label)
            for label in annotation.labels
        )
        lines.append(_line("labels", chips or "<i>none</i>"))
    unknown = sorted({label for one in annotation.abstain_labels for label in one.labels})
    if unknown:
        lines.append(_line("unknown", ", ".join(map(escape, unknown))))
    lines += [_line("relation", escape(line)) for line in relation_lines(document)]
    if annotation.relations == ():
        lines.append(_line("relations", "<i>none</i>"))
    if annotation.abstain_pairs:
        lines.append(_line("unknown pairs", "; ".join(map(escape, pair_lines(document)))))
    if annotation.is_empty:
        lines.append("<div><i>not annotated</i></div>")
    name = escape(document.id)
    return f'<div title="{name}"><small>{name}</small>{"".join(lines)}</div>'


def relation_lines(document: ShownDocument) -> list[str]:
    """Return each relation as ``head — label → tail``, with its score if it has one."""
    return [
        f"{_end(document, one.head)} — {one.label}"
        f"{'' if one.score is None else f' {one.score:.2f}'} → {_end(document, one.tail)}"
        for one in document.annotation.relations or ()
    ]


def pair_lines(document: ShownDocument) -> list[str]:
    """Return each pair with an unknown relation as ``head — label? → tail``."""
    return [
        f"{_end(document, one.head)} — {one.label or ''}? → {_end(document, one.tail)}"
        for one in document.annotation.abstain_pairs
    ]


def _end(document: ShownDocument, number: int | None) -> str:
    """Return the surface of an end; None means every span."""
    if number is None:
        return "any"
    span = document.annotation.spans[number]
    return shorten(document.text[span.start : span.end], SHORT_TEXT)


def shorten(text: str, size: int) -> str:
    """Return a text of at most ``size`` characters; a shortened one ends with an ellipsis."""
    return text if len(text) <= size else f"{text[: size - 1]}…"


def _short_span(document: ShownDocument, span: ShownSpan) -> str:
    surface = shorten(document.text[span.start : span.end], SHORT_TEXT)
    score = "" if span.score is None else f" {span.score:.2f}"
    return f"{surface!r} {span.label}{score}"


def _marked_text(pieces: Sequence[TextPiece]) -> str:
    """Return the escaped text with marks, up to its limit; abstentions within a span have none."""
    parts: list[str] = []
    left = LONG_TEXT
    for piece in pieces:
        content = escape(piece.text[:left])
        if piece.label is not None and content:
            score = "" if piece.score is None else f" {piece.score:.2f}"
            name = f"<small><b>{escape(piece.label)}</b>{score}</small>"
            content = _mark(f"{content} {name}", piece.label)
        elif piece.is_unknown and content:
            style = "border-bottom:2px dotted"
            content = f'<span style="{style}" title="unknown">{content}</span>'
        parts.append(content)
        left = max(0, left - len(piece.text))
    return "".join(parts)


def _mark(content: str, label: str) -> str:
    hue = zlib.crc32(label.encode()) % 360
    style = f"background:hsl({hue} 75% 85%);color:#111;border-radius:3px;padding:0 .25em"
    return f'<mark style="{style}">{content}</mark>'


def _line(name: str, content: str) -> str:
    return f"<div><small>{name}:</small> {content}</div>"
