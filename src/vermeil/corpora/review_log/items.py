"""Items of a reviewed document: spans, relations and labels of the text, each with its status.

A document under review is a mapping from keys to items. A decision replaces some items, so undoing
it restores the former ones. The key `DOCUMENT` holds the state of the document itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vermeil.corpora.tools.answers import Answer, AnswerState
from vermeil.corpora.tools.json_fields import number_at, object_at, text_at
from vermeil.data.document import Annotation, Span
from vermeil.data.records import format_value
from vermeil.data.relation import Relation
from vermeil.errors import DataError

Item = dict[str, Any]
"""One item, as in the log and on the page."""

Items = dict[str, Item]
"""Items of one document by key."""

DOCUMENT = "document"
"""Key of the state of the document: ``open``, ``done`` or ``skipped``."""

OPEN, DONE, SKIPPED = "open", "done", "skipped"
SUGGESTED, ACCEPTED, REJECTED = "suggested", "accepted", "rejected"
PERSON = "person"
"""Source of an item that an annotator added."""

_STATUSES = (SUGGESTED, ACCEPTED, REJECTED)
_STATES: dict[str, AnswerState] = {OPEN: "draft", DONE: "done", SKIPPED: "skipped"}
_KEYS: dict[str, tuple[str, ...]] = {
    "span": ("kind", "start", "end", "label", "status", "source", "score", "by"),
    "relation": ("kind", "head", "tail", "label", "status", "source", "score", "by"),
    "label": ("kind", "label", "status", "source", "score", "by"),
    "document": ("kind", "state", "flag", "reason"),
}


def suggested_items(annotations: Iterable[tuple[str, Annotation]]) -> Items:
    """Return the items of suggested annotations; an equal item of two sources is one item.

    Args:
        annotations: name of the source and its annotation; the first source of an item is stored
            as ``source``, all of them as ``by``.
    """
    found: dict[tuple[Any, ...], Item] = {}
    for source, annotation in annotations:
        places = {}
        for number, span in enumerate(annotation.spans or ()):
            item: Item = {"kind": "span", "start": span.start, "end": span.end}
            places[number] = _add(found, (*span.key,), {**item, "label": span.label}, source)
            _set_score(places[number][1], span.score)
        for relation in annotation.relations or ():
            head, tail = places[relation.head][0], places[relation.tail][0]
            key = ("relation", head, tail, relation.label)
            item = {"kind": "relation", "head": head, "tail": tail, "label": relation.label}
            _set_score(_add(found, key, item, source)[1], relation.score)
        for label in annotation.labels or ():
            _add(found, ("label", label), {"kind": "label", "label": label}, source)
    spans = sorted(key for key, item in found.items() if item["kind"] == "span")
    names = {key: f"s{number}" for number, key in enumerate(spans)}
    items: Items = {DOCUMENT: document_item()}
    items.update((names[key], found[key]) for key in spans)
    relations = 0
    for item in found.values():
        if item["kind"] == "relation":
            item["head"], item["tail"] = names[item["head"]], names[item["tail"]]
            items[f"r{relations}"] = item
            relations += 1
        elif item["kind"] == "label":
            items[f"l{item['label']}"] = item
    return items


def document_item(state: str = OPEN, *, flag: bool = False, reason: str | None = None) -> Item:
    """Return the item of a document's state."""
    return {"kind": "document", "state": state, "flag": flag, "reason": reason}


def check_items(items: Items, text: str) -> None:
    """Check the items of a document.

    Raises:
        DataError: an item has an unknown or missing key, a span is out of range, or a relation
            names no span.
    """
    if DOCUMENT not in items:
        raise DataError(f"the items have no {DOCUMENT!r}, the state of the document")
    for key, item in items.items():
        kind = item.get("kind")
        if kind not in _KEYS or (kind == "document") != (key == DOCUMENT):
            raise DataError(f"item {key!r} has the kind {format_value(kind)}")
        unknown = next((name for name in item if name not in _KEYS[kind]), None)
        if unknown is not None:
            raise DataError(f"item {key!r} has the unknown key {format_value(unknown)}")
        _check_item(key, item, kind, items, len(text))


def answer_of(items: Items, annotator: str, kinds: Sequence[str]) -> Answer:
    """Return the answer that the accepted items of a document are.

    Args:
        items: the items.
        annotator: name of the annotator.
        kinds: kinds of annotation that are reviewed; one without items is empty, not unknown.
    """
    accepted = {k: item for k, item in items.items() if item.get("status") == ACCEPTED}
    spans = dict(sorted(((k, i) for k, i in accepted.items() if i["kind"] == "span"), key=_place))
    places = {key: number for number, key in enumerate(spans)}
    relations = [
        (places[item["head"]], places[item["tail"]], item["label"])
        for item in accepted.values()
        if item["kind"] == "relation" and item["head"] in places and item["tail"] in places
    ]
    labels = tuple(item["label"] for item in accepted.values() if item["kind"] == "label")
    return Answer(
        _STATES[items[DOCUMENT]["state"]],
        [Span(i["start"], i["end"], i["label"]) for i in spans.values()]
        if "spans" in kinds
        else None,
        labels if "labels" in kinds else None,
        relations if "relations" in kinds else None,
        annotator,
    )


def annotation_of(items: Items, annotator: str, kinds: Sequence[str]) -> Annotation:
    """Return the annotation of the answer that `answer_of` returns."""
    answer = answer_of(items, annotator, kinds)
    relations = None
    if answer.relations is not None:
        relations = tuple(Relation(head, tail, label) for head, tail, label in answer.relations)
    spans = None if answer.spans is None else tuple(answer.spans)
    return Annotation(spans, answer.labels, relations)


def apply_changes(items: Items, changes: Mapping[str, Item | None]) -> Items:
    """Return the items after a decision; None removes an item."""
    changed = {**items, **changes}
    return {key: item for key, item in changed.items() if item is not None}


def _place(entry: tuple[str, Item]) -> tuple[int, int, str]:
    item = entry[1]
    return item["start"], item["end"], item["label"]


def _add(
    found: dict[tuple[Any, ...], Item], key: tuple[Any, ...], item: Item, source: str
) -> tuple[tuple[Any, ...], Item]:
    known = found.setdefault(key, {**item, "status": SUGGESTED, "source": source, "by": []})
    if source not in known["by"]:
        known["by"].append(source)
    return key, known


def _set_score(item: Item, score: float | None) -> None:
    if score is not None:
        item.setdefault("score", score)


def _check_item(key: str, item: Item, kind: str, items: Items, size: int) -> None:
    if kind == "document":
        if text_at(item, "state") not in _STATES or not isinstance(item.get("flag"), bool):
            raise DataError(f'item {key!r} has no valid "state" and "flag"')
        if not isinstance(item.get("reason"), str | None):
            raise DataError(f'item {key!r} has a "reason" that is not a string')
        return
    if text_at(item, "status") not in _STATUSES or not text_at(item, "label"):
        raise DataError(f'item {key!r} has no valid "status" and "label"')
    text_at(item, "source")
    if kind == "span":
        start, end = number_at(item, "start"), number_at(item, "end")
        if not 0 <= start < end <= size:
            raise DataError(
                f"span [{start}, {end}) is out of range; the text has {size} characters"
            )
    if kind == "relation":
        if item.get("head") == item.get("tail"):
            raise DataError(f"relation {key!r} has the same span as head and tail")
        for end_key in ("head", "tail"):
            other = object_at(items, text_at(item, end_key))
            if other.get("kind") != "span":
                raise DataError(f"the {end_key} of relation {key!r} is no span of the document")
