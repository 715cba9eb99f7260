"""Format xml_tags, ``<PER>Ann</PER> left.``: each entity between the tags of its label."""

from __future__ import annotations

from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.element_lists import parse_copy_or_list
from vermeil.tasks.ner.formats.elements import render_elements
from vermeil.tasks.ner.formats.inline import COPY_INSTRUCTION
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    first = labels.names[0]
    how = f"put every entity between the tags of its label: <{first}>...</{first}>"
    return COPY_INSTRUCTION.replace("HOW", how).replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return the text with tags."""
    return render_elements(marked, lambda label: f"<{label}>", lambda label: f"</{label}>")


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the marked copy of the text or a list of elements; None if the reply holds neither."""
    return parse_copy_or_list(reply, question)
