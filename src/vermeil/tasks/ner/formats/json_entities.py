"""Formats json, json_occurrence and json_list: ``{"entities": [{"text", "label"}]}``.

The parser also accepts a bare list of entries, single entries, pairs ``["text", "label"]``, and
common synonyms of the keys. In json, only ``{"entities": []}`` means that there are no entities.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.occurrences import find_occurrences
from vermeil.tasks.ner.formats.answer_parts import JsonAnswer, is_placeholder, merge_mentions
from vermeil.tasks.ner.formats.json_answers import parse_json, read_entries
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, Value, reply_ranges
from vermeil.tasks.ner.formats.token_indices import read_pair
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question
from vermeil.tasks.replies import closed_object_schema

_LISTS = ("entities", "named_entities", "mentions", "spans", "annotations")
_SURFACES = ("text", "surface", "entity", "name", "span", "mention", "word")
_LABELS = ("label", "type", "entity_type", "category", "class", "tag", "entity_group")

_NO_CLAIMS = re.compile(
    r"reject|exclud|discard|ignor|omit|remov|skip|candidate|consider|example|not[ _-]|non[ _-]"
    r"|token|word|sentence|text|reason|explanation|relation|label|type"
)
"""Keys of lists that hold no entities of the answer."""

_INSTRUCTION = """\
Format: {"entities": [{"text": "...", "label": "..."}]}
"text" is the entity, copied exactly as it stands in the text. "label" is one of LABELS. List an \
entity once per time it occurs, in the order of the text. If there is none: {"entities": []}"""

_WITH_OCCURRENCE = """\
Format: {"entities": [{"text": "...", "label": "...", "occurrence": 1}]}
"text" is the entity, copied exactly as it stands in the text. "label" is one of LABELS. \
"occurrence" says which one is meant where the same words stand in the text more than once: 1 for \
the first, 2 for the second. List every entity, in the order of the text. If there is none: \
{"entities": []}"""

_LIST = """\
Format: [{"text": "...", "label": "..."}]
"text" is the entity, copied exactly as it stands in the text. "label" is one of LABELS. List an \
entity once per time it occurs, in the order of the text. If there is none: []"""


def instruction(labels: LabelSet) -> str:
    """Return the instruction for an object with a list of entries."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def instruction_with_occurrence(labels: LabelSet) -> str:
    """Return the instruction for entries with an occurrence number."""
    return _WITH_OCCURRENCE.replace("LABELS", labels.quoted())


def instruction_for_list(labels: LabelSet) -> str:
    """Return the instruction for a bare list of entries."""
    return _LIST.replace("LABELS", labels.quoted())


def schema(labels: LabelSet) -> dict[str, Any]:
    """Return the JSON schema of the answer, in the subset of strict structured outputs."""
    return _schema_of_items(_schemas(labels))


def schema_with_occurrence(labels: LabelSet) -> dict[str, Any]:
    """Return the JSON schema of the answer with occurrence numbers."""
    return _schema_of_items({**_schemas(labels), "occurrence": {"type": "integer"}})


def render_reply(marked: InlineMarkedText) -> str:
    """Return the correct answer to `instruction`, on one line."""
    return json.dumps({"entities": _items(marked)}, ensure_ascii=False)


def render_with_occurrence(marked: InlineMarkedText) -> str:
    """Return the correct answer with occurrence numbers, on one line."""
    items = _items(marked)
    found = {str(item["text"]): find_occurrences(marked.text, str(item["text"])) for item in items}
    for item, mark in zip(items, marked.marks, strict=True):
        occurrences = found[str(item["text"])]
        if (mark.start, mark.end) in occurrences:
            item["occurrence"] = occurrences.index((mark.start, mark.end)) + 1
    return json.dumps({"entities": items}, ensure_ascii=False)


def render_list(marked: InlineMarkedText) -> str:
    """Return the correct answer as a bare list, on one line."""
    return json.dumps(_items(marked), ensure_ascii=False)


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the content of the answer in a reply, or None if there is none."""
    return parse_json(reply, question, (read_object, read_non_empty_list, read_single))


def parse_list(reply: str, question: Question) -> ParsedReply | None:
    """Return the content of the answer; an empty list means that there are no entities."""
    return parse_json(reply, question, (read_object, read_list, read_single))


def read_object(container: Container, question: Question) -> JsonAnswer | None:
    """Read an object that holds a list of entries, or several such lists."""
    if not container.is_object:
        return None
    pairs = [
        ((key or "").strip().casefold(), value)
        for key, value in zip(container.keys, container.items, strict=True)
    ]
    values = [value for key, value in pairs if key in _LISTS]
    lists = [one for one in values if isinstance(one, Container) and not one.is_object]
    if not lists:
        is_cut = bool(values) and isinstance(values[-1], BareWord) and not container.closed
        return JsonAnswer(closed=False) if is_cut else None
    answers = [
        read_entries(one.items, one.closed, lambda value: read_entry(value, question))
        for one in lists
    ]
    mentions = merge_mentions([one.mentions for one in answers], question)
    malformed = sum(one.malformed for one in answers)
    closed = all(one.closed for one in answers)
    if mentions is None:  # the lists contradict each other
        return JsonAnswer(malformed=1)
    malformed += _other_claims(pairs, {one.surface for one in mentions}, question)
    if mentions or container.closed:
        return JsonAnswer(mentions, malformed, closed)
    return JsonAnswer(malformed=malformed, closed=False)


def _other_claims(pairs: Sequence[tuple[str, Value]], known: set[str], question: Question) -> int:
    """Return the number of entries under keys that were not requested.

    Args:
        pairs: keys, in lower case, and values of an object.
        known: surfaces of the requested list.
        question: the request behind the reply.
    """
    others = ((k, v) for k, v in pairs if k not in _LISTS and isinstance(v, Container))
    claims = [
        surface
        for key, value in others
        if not _NO_CLAIMS.search(key)
        for surface in _claimed_surfaces(key, value, question)
    ]
    return sum(surface not in known for surface in claims)


def _claimed_surfaces(key: str, value: Container, question: Question) -> Iterator[str]:
    """Yield the surfaces of entries in a value, and of strings in a list that occur in the text."""
    if value.is_object:
        for name, inner in zip(value.keys, value.items, strict=True):
            if not name or _NO_CLAIMS.search(name.casefold()):
                continue
            if isinstance(inner, Container):
                yield from _claimed_surfaces(name, inner, question)
            elif isinstance(inner, str) and question.labels.normalise(inner) is not None:
                yield name
        return
    is_label = question.labels.normalise(key) is not None
    for one in value.items:
        entry = read_entry(one, question)
        if entry is not None:
            yield entry.surface
        elif isinstance(one, str) and one and (is_label or one in question.text):
            yield one


def read_list(container: Container, question: Question) -> JsonAnswer | None:
    """Read a list of entries; None if it is not empty and has no complete entry."""
    if container.is_object:
        return None
    if all(_is_empty_list(value) for value in container.items):
        return JsonAnswer(closed=container.closed)
    answer = read_entries(
        container.items, container.closed, lambda value: read_entry(value, question)
    )
    return answer if answer.mentions else None


def read_non_empty_list(container: Container, question: Question) -> JsonAnswer | None:
    """Read a list with at least one complete entry; None for any other container."""
    answer = read_list(container, question)
    return answer if answer is not None and answer.mentions else None


def read_single(container: Container, question: Question) -> JsonAnswer | None:
    """Read a single entry; the next entries belong to the same answer."""
    if not container.is_object or container.get(*_SURFACES) is None:
        return None
    if not container.closed:
        return JsonAnswer(closed=False, is_entry=True)
    found = read_entry(container, question)
    return None if found is None else JsonAnswer((found,), is_entry=True)


def read_entry(value: Value, question: Question) -> Mention | None:
    """Read one entry, an object or a pair; None without a surface and a label."""
    if not isinstance(value, Container):
        return None
    if not value.is_object:
        pair = read_pair(value, question)
        return None if pair is None or is_placeholder(pair.surface, question) else pair
    surface, label = value.get(*_SURFACES), value.get(*_LABELS)
    if not isinstance(surface, str) or not isinstance(label, str) or not surface or not label:
        return None
    if is_placeholder(surface, question):
        return None
    number = value.get("occurrence")
    is_counting = isinstance(number, BareWord) and number.text.isascii() and number.text.isdigit()
    counted = int(number.text[:9]) if isinstance(number, BareWord) and is_counting else 0
    return Mention(surface, label, counted or None, reply_ranges(surface, label))


def _is_empty_list(value: Value) -> bool:
    """Return whether a value is an empty list, as in ``[[]]``."""
    return isinstance(value, Container) and not value.is_object and not value.items


def _items(marked: InlineMarkedText) -> list[dict[str, str | int]]:
    return [{"text": marked.surface(mark), "label": mark.label} for mark in marked.marks]


def _schemas(labels: LabelSet) -> dict[str, Any]:
    label = {"type": "string", "enum": list(labels.names)}
    return {"text": {"type": "string"}, "label": label}


def _schema_of_items(parts: dict[str, Any]) -> dict[str, Any]:
    return closed_object_schema(
        {"entities": {"type": "array", "items": closed_object_schema(parts)}}
    )
