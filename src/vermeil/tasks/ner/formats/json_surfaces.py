"""``{"surface": "label"}``: short, but cannot say that one surface has two labels."""

from __future__ import annotations

import json

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.json_answers import JsonAnswer, parse_json
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, reply_ranges
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_INSTRUCTION = """\
Format: {"...": "..."}
Each key is an entity, copied exactly as it stands in the text; its value is the entity's label, \
one of LABELS. If there is none: {}"""


def instruction(labels: LabelSet) -> str:
    """Return the words that tell a teacher how to write its answer."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return the answer on one line; of a surface's labels, the first."""
    said: dict[str, str] = {}
    for mark in marked.marks:
        said.setdefault(marked.surface(mark), mark.label)
    return json.dumps(said, ensure_ascii=False)


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return what the last answer in a reply says, or None if there is none."""
    return parse_json(reply, question, (read_surfaces,))


def read_surfaces(container: Container, _question: Question) -> JsonAnswer | None:
    """Read an object whose values are strings."""
    if not container.is_object:
        return None
    pairs = list(zip(container.keys, container.items, strict=True))
    if pairs and not container.closed and isinstance(pairs[-1][1], BareWord):
        pairs.pop()
    mentions = [
        Mention(key, value, reply_ranges=reply_ranges(key, value))
        for key, value in pairs
        if key and isinstance(value, str)
    ]
    said = tuple(m for m in mentions if m.label)
    if pairs and not said:
        return None if container.closed else JsonAnswer(closed=False)
    return JsonAnswer(said, len(pairs) - len(said), container.closed)


def read_known_surfaces(container: Container, question: Question) -> JsonAnswer | None:
    """Read such an object if one of its values is a label that was asked for, or if it is empty."""
    answer = read_surfaces(container, question)
    if answer is None or not container.keys:
        return answer
    known = any(question.labels.normalise(m.label) is not None for m in answer.mentions)
    return answer if known else None
