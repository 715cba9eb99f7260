r"""Format markdown_links, ``[Ann](PER) left.``: each entity as a link to its label."""

from __future__ import annotations

import re

from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.inline import COPY_INSTRUCTION, Tag, parse_inline, write_marks
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_LINK = re.compile(r"\\[\[\]\\]|\[((?:[^\[\]\\]|\\.)*)\]\(([^()\[\]\n]{1,200})\)", re.DOTALL)
_SPECIAL = re.compile(r"[\[\]\\]")
_ESCAPED = re.compile(r"\\([\[\]\\])")


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    how = f"put every entity in brackets, followed by its label in parentheses: {_example(labels)}"
    return COPY_INSTRUCTION.replace("HOW", how).replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return the text with links; brackets of the text itself get a backslash."""
    needs_escape = _SPECIAL.search(marked.text) is not None
    write = (lambda piece: _SPECIAL.sub(r"\\\g<0>", piece)) if needs_escape else str
    return write_marks(marked, lambda _: "[", lambda label: f"]({label})", write)


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the marked copy of the text, or None if the reply holds none."""
    return parse_inline(reply, question, find_tags, lambda piece: _ESCAPED.sub(r"\1", piece))


def find_tags(part: str, question: Question) -> list[Tag]:
    """Return the brackets of links, except for links of the text itself."""
    own = {found.group() for found in _LINK.finditer(question.text)}
    tags: list[Tag] = []
    for found in _LINK.finditer(part):
        if found.group(2) is not None and found.group() not in own:
            label = found.group(2).strip()
            tags.append(Tag(found.start(), found.start() + 1, label, opens=True))
            tags.append(Tag(found.end(1), found.end(), label, opens=False))
    return tags


def _example(labels: LabelSet) -> str:
    return f"[...]({labels.names[0]})"
