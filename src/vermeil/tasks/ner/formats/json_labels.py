"""Format json_labels, ``{"label": ["surface", …]}``: surfaces by label, without text order."""

from __future__ import annotations

import json
from collections.abc import Sequence

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.answer_parts import JsonAnswer, is_placeholder
from vermeil.tasks.ner.formats.claims import occurs, split_surfaces
from vermeil.tasks.ner.formats.entity_keys import surface_of
from vermeil.tasks.ner.formats.json_answers import parse_json
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, Value, reply_ranges
from vermeil.tasks.ner.formats.prose import clean_surface, is_rejection, last_parenthesis
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
    """Read an object whose values are lists of strings or of objects, or single strings."""
    if not container.is_object:
        return None
    mentions: list[Mention] = []
    entries = 0
    for key, value in zip(container.keys, container.items, strict=True):
        surfaces = _surfaces(value, question.text)
        if surfaces is None:
            entries += container.closed or not isinstance(value, BareWord)
            continue
        entries += len(surfaces)
        mentions += mentions_below(key or "", surfaces, question)
    malformed = entries - len(mentions)
    if malformed and not mentions:
        return None if container.closed else JsonAnswer(closed=False)
    return JsonAnswer(tuple(mentions), malformed, container.closed)


def read_known_labels(container: Container, question: Question) -> JsonAnswer | None:
    """Read an object of lists if one of its keys is a requested label."""
    known = any(key and question.labels.of_heading(key) for key in container.keys)
    return read_labels(container, question) if known else None


def mentions_below(key: str, values: Sequence[Value], question: Question) -> list[Mention]:
    """Return the mentions of the surfaces under a key that is their label.

    Args:
        key: the key, a label or a heading such as "Persons".
        values: strings, or objects with a surface.
        question: the request behind the reply.
    """
    is_label = question.labels.normalise(key) is not None
    label = key if is_label else question.labels.of_heading(key) or key
    mentions: list[Mention] = []
    for value in values:
        surface = surface_of(value, key, question) if key else None
        if surface and not occurs(surface, question.text):
            surface = _without_gloss(surface, question)
        if surface and not is_placeholder(surface, question):
            mentions.append(Mention(surface, label, reply_ranges=reply_ranges(surface, key)))
    return mentions


def _without_gloss(surface: str, question: Question) -> str:
    """Return a surface without a comment in parentheses, if the text then holds it."""
    plain = clean_surface(surface, question.text)
    is_rejected = is_rejection(last_parenthesis(surface)[1], question.labels)
    return plain if occurs(plain, question.text) and not is_rejected else surface


def read_labels_of_list(container: Container, question: Question) -> JsonAnswer | None:
    """Read an object of labels in the place of a list of entities.

    It means "no entities" only if it has every label of the label set, each with an empty list.
    """
    named = {question.labels.of_heading(key or "") for key in container.keys}
    if not named or None in named:
        return None
    answer = read_labels(container, question)
    if answer is None or answer.mentions or len(named) == len(question.labels.names):
        return answer
    return None


def _surfaces(value: Value, text: str) -> list[Value] | None:
    """Return the entries of one label; None if the value is neither a list nor a string."""
    if isinstance(value, str):
        parts = split_surfaces(value, text)
        is_list = len(parts) > 1 and value not in text and all(occurs(p, text) for p in parts)
        return list(parts) if is_list else [value]
    if isinstance(value, BareWord):
        return [] if value.text.casefold() in _NULL else None
    if value.is_object:
        return None
    return [v for v in value.items if not isinstance(v, BareWord) or v.text]
