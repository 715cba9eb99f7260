"""Format json_surfaces, ``{"surface": "label"}``: short, but with one label per surface."""

from __future__ import annotations

import json

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.answer_parts import JsonAnswer, is_placeholder
from vermeil.tasks.ner.formats.json_answers import parse_json
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, reply_ranges
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_INSTRUCTION = """\
Format: {"...": "..."}
Each key is an entity, copied exactly as it stands in the text; its value is the entity's label, \
one of LABELS. If there is none: {}"""


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return the correct answer on one line, with the first label of each surface."""
    answer: dict[str, str] = {}
    for mark in marked.marks:
        answer.setdefault(marked.surface(mark), mark.label)
    return json.dumps(answer, ensure_ascii=False)


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the content of the answer in a reply, or None if there is none."""
    return parse_json(reply, question, (read_surfaces,))


def read_surfaces(container: Container, question: Question) -> JsonAnswer | None:
    """Read an object whose values are strings."""
    if not container.is_object:
        return None
    pairs = list(zip(container.keys, container.items, strict=True))
    if pairs and not container.closed and isinstance(pairs[-1][1], BareWord):
        pairs.pop()
    mentions = [
        Mention(key, value, reply_ranges=reply_ranges(key, value))
        for key, value in pairs
        if key and isinstance(value, str) and not is_placeholder(key, question)
    ]
    labelled = tuple(m for m in mentions if m.label)
    if pairs and not labelled:
        return None if container.closed else JsonAnswer(closed=False)
    return JsonAnswer(labelled, len(pairs) - len(labelled), container.closed)


def read_known_surfaces(container: Container, question: Question) -> JsonAnswer | None:
    """Read an object of strings if one of its values is a requested label."""
    answer = read_surfaces(container, question)
    if answer is None:
        return None
    known = any(question.labels.normalise(m.label) is not None for m in answer.mentions)
    return answer if known else None
