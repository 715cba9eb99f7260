"""Format of doccano: JSONL of texts with spans, from sequence labelling projects.

``{"id": 7, "text": "…", "label": [[0, 2, "ORG"], …]}``, or in projects with relations ``{"text",
"entities": [{"id", "label", "start_offset", "end_offset"}], "relations": [{"from_id", "to_id",
"type"}]}``. Projects of intent detection have ``{"entities": [[0, 2, "ORG"], …], "cats": […]}``.
The text may be in ``data``. Offsets are code points. Classification projects have a list of labels
in place of the spans; projects with both have labels in ``cats``. doccano renumbers texts; the
original id is restored from the text's meta.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from vermeil.corpora.tools.answers import Answer, AnsweredText
from vermeil.corpora.tools.extras import KEY, extras_of
from vermeil.corpora.tools.json_fields import (
    list_at,
    number_at,
    object_at,
    objects_at,
    optional_id,
    require_text_key,
    text_at,
)
from vermeil.data.document import Document, Span
from vermeil.data.records import format_value
from vermeil.errors import DataError

_KNOWN_KEYS = ("id", "text", "data", "label", "labels", "entities", "relations", "cats", "Comments")


def read_doccano(record: Mapping[str, Any], text_key: str | None = None) -> AnsweredText:
    """Return an exported text; its annotation counts as confirmed, since doccano exports no state.

    Args:
        record: the text with its annotation.
        text_key: key of the text; None: ``text``, or ``data``.

    Raises:
        DataError: it is not a record of doccano, or it has no text under this key.
    """
    if text_key is None:
        key = "data" if "text" not in record and "data" in record else "text"
    else:
        key = require_text_key(record, text_key, "the record")
    text = text_at(record, key)
    spans, labels, relations, unread = None, None, None, Counter[str]()
    entities = list_at(record, "entities")
    if entities and all(isinstance(item, list) for item in entities):
        spans, _ = _label(entities, "entities")
    elif entities is not None:
        objects = objects_at(record, "entities") or []
        spans = [_entity(item) for item in objects]
        relations = _relations(record, objects, unread)
    else:
        spans, labels = _label_at(record)
    cats = list_at(record, "cats")
    if cats is not None:
        labels = tuple(_string(item) for item in cats)
    unread["comments"] = len(list_at(record, "Comments") or ())
    extras = record.get(KEY) or object_at(record, "meta").get(KEY)
    meta = {k: v for k, v in record.items() if k not in (key, *_KNOWN_KEYS, KEY) and v is not None}
    answer = Answer("done", spans, labels, relations, unread=unread)
    return AnsweredText(text, [answer], extras, meta, optional_id(record.get("id")))


def write_doccano(document: Document, suggest: bool = False) -> dict[str, Any]:  # noqa: ARG001
    """Return a document as doccano imports it; with relations, for a relation project.

    Args:
        document: the document.
        suggest: ignored, since doccano does not distinguish suggestions from annotations.
    """
    spans, relations = document.spans or (), document.annotation.relations
    record: dict[str, Any] = {"text": document.text}
    if relations is None:
        record["label"] = [[s.start, s.end, s.label] for s in spans]
    else:
        record["entities"] = [
            {"id": n, "start_offset": s.start, "end_offset": s.end, "label": s.label}
            for n, s in enumerate(spans)
        ]
        record["relations"] = [
            {"id": n, "from_id": r.head, "to_id": r.tail, "type": r.label}
            for n, r in enumerate(relations)
        ]
    if document.labels is not None:
        record["cats"] = list(document.labels)
    return {**record, KEY: extras_of(document, ("relations", "labels"))}


def looks_like_doccano(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is a record of doccano."""
    if not isinstance(record.get("text", record.get("data")), str):
        return False
    # A Vermeil record has an id, and labels that are strings.
    labels = record.get("labels")
    if isinstance(labels, list) and not (
        "id" in record and "text" in record and all(isinstance(item, str) for item in labels)
    ):
        return True
    if isinstance(record.get("label"), list):
        return True
    entities = record.get("entities")
    if not isinstance(entities, list):
        return isinstance(record.get("cats"), list)
    return all(
        "start_offset" in item if isinstance(item, dict) else _is_triple(item) for item in entities
    )


def _is_triple(item: object) -> bool:
    match item:
        case [int(), int(), str()]:
            return True
    return False


def _label_at(
    record: Mapping[str, Any],
) -> tuple[list[Span] | None, tuple[str, ...] | None]:
    key = "labels" if "labels" in record else "label"
    return _label(list_at(record, key), key)


def _label(items: list[Any] | None, key: str) -> tuple[list[Span] | None, tuple[str, ...] | None]:
    """Return spans, or labels of the text if the items are strings."""
    if items is None:
        return None, None
    if items and all(isinstance(item, str) for item in items):
        return None, tuple(items)
    spans = []
    for item in items:
        match item:
            case [int(start), int(end), str(label)]:
                spans.append(Span(start, end, label))
            case {"start": _, "end": _, "labels": _}:
                raise DataError(
                    '"label" is in the JSON-MIN format of Label Studio; export JSON instead'
                )
            case dict():
                spans.append(_entity(item))
            case _:
                raise DataError(f'"{key}" holds {format_value(item)}; expected [start, end, label]')
    return spans, None


def _entity(item: Mapping[str, Any]) -> Span:
    return Span(
        number_at(item, "start_offset"), number_at(item, "end_offset"), text_at(item, "label")
    )


def _relations(
    record: Mapping[str, Any], entities: list[Mapping[str, Any]], unread: Counter[str]
) -> list[tuple[int, int, str]] | None:
    found = objects_at(record, "relations")
    if found is None:
        return None
    place = {number_at(item, "id"): n for n, item in enumerate(entities)}
    relations = []
    for item in found:
        ends = (place.get(number_at(item, "from_id")), place.get(number_at(item, "to_id")))
        if ends[0] is None or ends[1] is None:
            unread["relations"] += 1
        else:
            relations.append((ends[0], ends[1], text_at(item, "type")))
    return relations


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise DataError(f'"cats" holds {format_value(value)}; expected strings')
    return value
