"""Format json_labels, ``{"label": ["surface", …]}``: surfaces by label, without text order."""

from __future__ import annotations

import json

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.answer_parts import JsonAnswer, is_placeholder
from vermeil.tasks.ner.formats.json_answers import parse_json
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, Value, reply_ranges
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_INSTRUCTION = """\
Format: {SHAPE}
Each list holds the entities of that label, copied exactly as they stand in the text, once per \
time they occur and in the order of the text. A label without entities has an empty list."""

_NULL = ("null", "none")


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    shape = ", ".join(f'{json.dumps(name, ensure_ascii=False)}: ["..."]' for name in labels.names)
    return _INSTRUCTION.replace("SHAPE", shape)


def render_reply(marked: InlineMarkedText) -> str:
    """Return the correct answer on one line; labels in the order of their first entity."""
    answer: dict[str, list[str]] = {}
    for mark in marked.marks:
        answer.setdefault(mark.label, []).append(marked.surface(mark))
    return json.dumps(answer, ensure_ascii=False)


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the content of the answer in a reply, or None if there is none."""
    return parse_json(reply, question, (read_labels,))


def read_labels(container: Container, question: Question) -> JsonAnswer | None:
    """Read an object whose values are lists of strings, or single strings."""
    if not container.is_object:
        return None
    mentions: list[Mention] = []
    entries = 0
    for key, value in zip(container.keys, container.items, strict=True):
        surfaces = _surfaces(value)
        if surfaces is None:
            entries += container.closed or not isinstance(value, BareWord)
            continue
        entries += len(surfaces)
        mentions += [
            Mention(s, key, reply_ranges=reply_ranges(s, key))
            for s in surfaces
            if key and isinstance(s, str) and s and not is_placeholder(s, question)
        ]
    malformed = entries - len(mentions)
    if malformed and not mentions:
        return None if container.closed else JsonAnswer(closed=False)
    return JsonAnswer(tuple(mentions), malformed, container.closed)


def read_known_labels(container: Container, question: Question) -> JsonAnswer | None:
    """Read an object of lists if one of its keys is a requested label."""
    known = any(key and question.labels.normalise(key) for key in container.keys)
    return read_labels(container, question) if known else None


def _surfaces(value: Value) -> list[Value] | None:
    """Return the entries of one label; None if the value is neither a list nor a string."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, BareWord):
        return [] if value.text.casefold() in _NULL else None
    if value.is_object:
        return None
    return [v for v in value.items if not isinstance(v, BareWord) or v.text]
