"""Format html_spans, ``<span class="PER">Ann</span> left.``: each entity in an HTML span."""

from __future__ import annotations

from html import escape

from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.element_lists import parse_copy_or_list
from vermeil.tasks.ner.formats.elements import render_elements
from vermeil.tasks.ner.formats.inline import COPY_INSTRUCTION
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    shown = _opening(labels.names[0])
    how = f"put every entity into a span whose class is its label: {shown}...</span>"
    return COPY_INSTRUCTION.replace("HOW", how).replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return the text with spans."""
    return render_elements(marked, _opening, lambda _: "</span>")


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the marked copy of the text or a list of elements; None if the reply holds neither."""
    return parse_copy_or_list(reply, question)


def _opening(label: str) -> str:
    return f'<span class="{escape(label)}">'
