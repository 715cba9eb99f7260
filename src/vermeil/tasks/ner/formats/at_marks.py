"""Format at_marks, ``@@Ann## left.``: the text with ``@@`` and ``##`` around each entity.

It supports a single label. It is the format of GPT-NER (Wang et al. 2023, arXiv 2304.10428), which
requests one label at a time.
"""

from __future__ import annotations

import re

from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.inline import COPY_INSTRUCTION, Tag, parse_inline, write_marks
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_TAG = re.compile(r"\\[@#\\]|@@|##")
_SPECIAL = re.compile(r"[@#\\]")
_ESCAPED = re.compile(r"\\([@#\\])")


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    how = f"put @@ before and ## behind every entity that is a {labels.names[0]}: @@...##"
    return COPY_INSTRUCTION.replace("HOW", how).replace(" The labels are LABELS.", "")


def render_reply(marked: InlineMarkedText) -> str:
    """Return the text with marks; characters of the text that look like marks get a backslash."""
    needs_escape = _SPECIAL.search(marked.text) is not None
    write = (lambda piece: _SPECIAL.sub(r"\\\g<0>", piece)) if needs_escape else str
    return write_marks(marked, lambda _: "@@", lambda _: "##", write)


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the marked copy of the text, or None if the reply holds none."""
    return parse_inline(reply, question, find_tags, lambda piece: _ESCAPED.sub(r"\1", piece))


def find_tags(part: str, question: Question) -> list[Tag]:
    """Return the marks; all have the only label."""
    label = question.labels.names[0]
    return [
        Tag(found.start(), found.end(), label, opens=found.group() == "@@")
        for found in _TAG.finditer(part)
        if found.group() in ("@@", "##")
    ]
