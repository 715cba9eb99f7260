"""Short text and HTML of a document for people: the representations in a console and a notebook."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Protocol

SHORT_TEXT = 60
"""Maximum number of characters of the text in the short form."""
SHORT_SPANS = 5
"""Maximum number of spans in the short form."""
LONG_TEXT = 10_000
"""Maximum number of characters of the text in HTML."""


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
    if annotation.abstain:
        parts.append(f"abstain={len(annotation.abstain)}")
    if document.group is not None:
        parts.append(f"group={document.group!r}")
    return f"Document({', '.join(parts)})"


def document_html(document: ShownDocument) -> str:
    """Return HTML: the text with highlighted spans and abstentions, then labels and relations.

    Everything that comes from the document is escaped. A span that overlaps an earlier one is
    listed below the text.
    """
    annotation, text = document.annotation, document.text[:LONG_TEXT]
    spans = annotation.spans or ()
    flat = list(_without_overlap(spans))
    lines = [f'<div style="white-space:pre-wrap">{_marked_text(text, flat, annotation.abstain)}']
    if hidden := len(document.text) - len(text):
        lines.append(f"<i>… {hidden:,} more characters</i>")
    lines.append("</div>")
    overlapping = [span for span in spans if span not in flat]
    if overlapping:
        named = (_short_span(document, span) for span in overlapping)
        lines.append(_line("also", ", ".join(escape(one) for one in named)))
    if annotation.labels is not None:
        chips = " ".join(_mark(escape(label), label) for label in annotation.labels)
        lines.append(_line("labels", chips or "<i>none</i>"))
    for relation in annotation.relations or ():
        if max(relation.head, relation.tail) < len(spans):
            ends = [spans[i] for i in (relation.head, relation.tail)]
            head, tail = (escape(shorten(document.text[s.start : s.end], SHORT_TEXT)) for s in ends)
            lines.append(_line("relation", f"{head} — {escape(relation.label)} → {tail}"))
    if annotation.is_empty:
        lines.append("<div><i>not annotated</i></div>")
    name = escape(document.id)
    return f'<div title="{name}"><small>{name}</small>{"".join(lines)}</div>'


def shorten(text: str, size: int) -> str:
    """Return a text of at most ``size`` characters; a shortened one ends with an ellipsis."""
    return text if len(text) <= size else f"{text[: size - 1]}…"


def _short_span(document: ShownDocument, span: ShownSpan) -> str:
    surface = shorten(document.text[span.start : span.end], SHORT_TEXT)
    score = "" if span.score is None else f" {span.score:.2f}"
    return f"{surface!r} {span.label}{score}"


def _without_overlap(spans: Sequence[ShownSpan]) -> Iterator[ShownSpan]:
    end = 0
    for span in spans:
        if span.start >= end:
            yield span
            end = span.end


def _marked_text(text: str, spans: Sequence[ShownSpan], abstain: Sequence[tuple[int, int]]) -> str:
    """Return the escaped text with marks; an abstention inside a span is not marked."""
    marks: list[tuple[int, int, ShownSpan | None]] = [(s.start, s.end, s) for s in spans]
    marks += [(start, end, None) for start, end in abstain]
    parts, at = [], 0
    for start, end, span in sorted(marks, key=lambda mark: mark[:2]):
        if start < at or start >= len(text):
            continue
        parts.append(escape(text[at:start]))
        surface = escape(text[start:end])
        if span is None:
            parts.append(f'<span style="border-bottom:2px dotted" title="unknown">{surface}</span>')
        else:
            score = "" if span.score is None else f" {span.score:.2f}"
            name = f"<small><b>{escape(span.label)}</b>{score}</small>"
            parts.append(_mark(f"{surface} {name}", span.label))
        at = end
    return "".join([*parts, escape(text[at:])])


def _mark(content: str, label: str) -> str:
    hue = zlib.crc32(label.encode()) % 360
    style = f"background:hsl({hue} 75% 85%);color:#111;border-radius:3px;padding:0 .25em"
    return f'<mark style="{style}">{content}</mark>'


def _line(name: str, content: str) -> str:
    return f"<div><small>{name}:</small> {content}</div>"
