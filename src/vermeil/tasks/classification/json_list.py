"""The JSON reply of several labels: ``{"labels": ["…", "…"]}``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from vermeil.tasks.hierarchy import SEPARATOR, parents_of
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.replies import answer_objects, as_text, closed_object_schema

_KEY = "labels"
_OTHER_KEYS = ("label", "categories", "topics", "tags", "classes")
"""Keys that teachers use in place of the requested one."""
_NAME_KEYS = ("label", "name", "category", "topic", "class")
"""Keys of an item's label, where a teacher gives each label as an object."""
_NOTHING = ("none", "n/a", "no label", "nothing")
"""Items that mean that no label applies."""

_INSTRUCTION = """\
Format: {"labels": ["...", "..."]}
"labels" holds every label that applies, each exactly one of LABELS. If none applies, it is []."""

_HIERARCHY = """
A label "a/b" is a part of the label "a". Give the most specific labels that apply."""


class ParsedLabels(NamedTuple):
    """The labels of a reply.

    Args:
        labels: labels of the label set, without those that they imply.
        unknown: written labels that are not in the label set.
        malformed: number of items that name no label.
    """

    labels: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    malformed: int = 0


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    form = _INSTRUCTION.replace("LABELS", labels.quoted())
    return form + (_HIERARCHY if any(map(parents_of, labels.names)) else "")


def schema(labels: LabelSet) -> dict[str, Any]:
    """Return the JSON schema of the answer, in the subset of strict structured outputs."""
    item = {"type": "string", "enum": list(labels.names)}
    return closed_object_schema({_KEY: {"type": "array", "items": item}})


def render_reply(labels: Iterable[str]) -> str:
    """Return the correct answer for labels, on one line: the most specific ones."""
    given = list(labels)
    implied = {parent for label in given for parent in parents_of(label)}
    return json.dumps({_KEY: [one for one in given if one not in implied]}, ensure_ascii=False)


def parse_reply(reply: str, text: str, labels: LabelSet) -> ParsedLabels | None:
    """Return the labels of the answer in a reply; None if there is no answer.

    A list, a single string, a string with commas, an object of labels with true and false, and
    items that are objects are read alike.

    Args:
        reply: the reply.
        text: the document's text.
        labels: the label set.
    """
    for key in (_KEY, *_OTHER_KEYS):
        answers = answer_objects(reply, key, text)
        if answers:
            return _parsed([item for one in answers for item in _items(one[key], labels)], labels)
    return None


def _parsed(items: list[str | None], labels: LabelSet) -> ParsedLabels:
    known: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for item in items:
        if item is None or item.strip().casefold() in _NOTHING:
            continue
        label = _find(item, labels)
        (unknown if label is None else known)[item if label is None else label] = None
    return ParsedLabels(tuple(known), tuple(unknown), sum(item is None for item in items))


def _find(written: str, labels: LabelSet) -> str | None:
    """Return the label that a reply names, also by its path with blanks or other separators."""
    found = labels.normalise(written)
    if found is not None:
        return found
    for mark in (" / ", " > ", ">", " - ", "::"):
        if mark in written:
            return labels.normalise(SEPARATOR.join(part.strip() for part in written.split(mark)))
    return None


def _items(value: Any, labels: LabelSet) -> Iterator[str | None]:
    """Yield the written labels of an answer's value; None for an item that names none."""
    if isinstance(value, list):
        for item in value:
            yield _name(item)
    elif isinstance(value, dict):
        for name, applies in value.items():
            if applies is True:
                yield name
            elif applies is not False:
                yield None
    elif value is not None:
        written = as_text(value)
        is_list = written is not None and labels.normalise(written) is None and "," in written
        yield from (part.strip() for part in (written or "").split(",")) if is_list else (written,)


def _name(item: Any) -> str | None:
    if isinstance(item, dict):
        return next((as_text(item[key]) for key in _NAME_KEYS if key in item), None)
    return as_text(item)
