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
from vermeil.tasks.ner.formats.claims import claims_of, occurs, split_claim
from vermeil.tasks.ner.formats.entity_keys import (
    LABELS,
    LISTS,
    SURFACE_LISTS,
    SURFACES,
    fold_key,
    surface_and_label,
)
from vermeil.tasks.ner.formats.json_answers import parse_json, read_entries
from vermeil.tasks.ner.formats.json_labels import mentions_below, read_labels_of_list
from vermeil.tasks.ner.formats.json_surfaces import read_surfaces
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, Value, reply_ranges
from vermeil.tasks.ner.formats.token_indices import read_pair
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question
from vermeil.tasks.replies import closed_object_schema

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
    values = [value for key, value in pairs if fold_key(key) in LISTS]
    read = [_read_list_value(one, question) for one in values]
    answers = [one for one in read if one is not None]
    if not answers:
        is_cut = bool(values) and isinstance(values[-1], BareWord) and not container.closed
        return JsonAnswer(closed=False) if is_cut else None
    mentions = merge_mentions([one.mentions for one in answers], question)
    malformed = sum(one.malformed for one in answers)
    closed = all(one.closed for one in answers)
    if mentions is None:  # the lists contradict each other
        return JsonAnswer(malformed=1)
    malformed += _other_claims(pairs, {one.surface for one in mentions}, question)
    if mentions or container.closed:
        return JsonAnswer(mentions, malformed, closed)
    return JsonAnswer(malformed=malformed, closed=False)


def _read_words(value: str, question: Question) -> JsonAnswer | None:
    """Read a string with claims in the place of a list: "Ann (PER), New York (LOC)"."""
    claims = [split_claim(part, question) for part in claims_of(value, question)]
    mentions = tuple(one for one in claims if one is not None)
    return JsonAnswer(mentions) if len(mentions) == len(claims) else None


def _read_list_value(value: Value, question: Question) -> JsonAnswer | None:
    """Read a list of entities, or an object or string in its place."""
    if isinstance(value, str):
        return _read_words(value, question)
    if not isinstance(value, Container):
        return None
    if not value.is_object:
        return read_entries(value.items, value.closed, lambda one: read_entry(one, question))
    answer = read_labels_of_list(value, question)
    if answer is None and _are_labels(value, question):
        answer = read_surfaces(value, question)
    return answer


def _other_claims(pairs: Sequence[tuple[str, Value]], known: set[str], question: Question) -> int:
    """Return the number of entries under keys that were not requested.

    Args:
        pairs: keys, in lower case, and values of an object.
        known: surfaces of the requested list.
        question: the request behind the reply.
    """
    others = ((k, v) for k, v in pairs if fold_key(k) not in LISTS and isinstance(v, Container))
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
        entries = read_entry(one, question)
        if entries:
            yield from (entry.surface for entry in entries)
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
    if not container.is_object:
        pair = read_entry(container, question) if container.closed else ()
        normalise = question.labels.normalise
        is_claim = any(
            normalise(one.label) is not None
            and (normalise(one.surface) is None or occurs(one.surface, question.text))
            for one in pair
        )
        return JsonAnswer(pair, is_entry=True) if is_claim else None
    if not container.closed:
        keys = zip(container.keys, container.items, strict=True)
        is_cut = any(fold_key(k) in SURFACES and not isinstance(v, Container) for k, v in keys)
        return JsonAnswer(closed=False, is_entry=True) if is_cut else None
    found = _read_keys(container, question)
    return JsonAnswer(found, is_entry=True) if found else None


def read_entry(value: Value, question: Question) -> tuple[Mention, ...]:
    """Return the mentions of one entry; none if it is malformed.

    An entry is an object with the keys of surface and label, a pair, a string such as "Ann (PER)",
    or an object with labels or surfaces as keys.
    """
    if isinstance(value, str):
        claim = split_claim(value, question)
        return () if claim is None else (claim,)
    if not isinstance(value, Container):
        return ()
    return _read_object_entry(value, question) if value.is_object else _read_pair(value, question)


def _read_object_entry(value: Container, question: Question) -> tuple[Mention, ...]:
    if found := _read_keys(value, question):
        return found
    keys = {fold_key(key) for key in value.keys}
    if not value.closed or not value.keys or keys & (SURFACES | LABELS):
        return ()
    answer = _read_list_value(value, question)
    return () if answer is None or answer.malformed else answer.mentions


def _read_pair(value: Container, question: Question) -> tuple[Mention, ...]:
    pair = read_pair(value, question)
    if pair is None or is_placeholder(pair.surface, question):
        return ()
    return (_with_label_last(pair, question),)


def _with_label_last(pair: Mention, question: Question) -> Mention:
    """Return a pair with surface and label exchanged if the label comes first."""
    normalise = question.labels.normalise
    is_reversed = normalise(pair.label) is None and normalise(pair.surface) is not None
    if is_reversed and occurs(pair.label, question.text):
        ranges = reply_ranges(pair.label, pair.surface)
        return Mention(pair.label, pair.surface, None, ranges)
    return pair


def _read_keys(value: Container, question: Question) -> tuple[Mention, ...]:
    """Return the mentions of an object with keys of surface and label, or of label and surfaces."""
    found = surface_and_label(value, question)
    if found is None:
        return _read_surface_list(value, question)
    surface, label = found
    if is_placeholder(surface, question):
        return ()
    number = value.get("occurrence")
    is_counting = isinstance(number, BareWord) and number.text.isascii() and number.text.isdigit()
    counted = int(number.text[:9]) if isinstance(number, BareWord) and is_counting else 0
    return (Mention(surface, label, counted or None, reply_ranges(surface, label)),)


def _read_surface_list(value: Container, question: Question) -> tuple[Mention, ...]:
    """Return the mentions of an object with a label and a list of its surfaces."""
    pairs = [(fold_key(key), item) for key, item in zip(value.keys, value.items, strict=True)]
    labels = [item for key, item in pairs if key in LABELS and isinstance(item, str)]
    lists = [
        item
        for key, item in pairs
        if key in SURFACES | SURFACE_LISTS and isinstance(item, Container) and not item.is_object
    ]
    if len(labels) != 1 or len(lists) != 1 or question.labels.normalise(labels[0]) is None:
        return ()
    return tuple(mentions_below(labels[0], lists[0].items, question))


def _are_labels(value: Container, question: Question) -> bool:
    """Return whether an object has values, and all of them are requested labels."""
    named = (isinstance(v, str) and question.labels.normalise(v) is not None for v in value.items)
    return bool(value.items) and all(named)


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
