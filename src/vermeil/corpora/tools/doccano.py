"""doccano: JSONL of texts with spans, as its sequence labelling projects export and import them.

``{"id": 7, "text": "…", "label": [[0, 2, "ORG"], …]}``, or in projects with relations ``{"text",
"entities": [{"id", "label", "start_offset", "end_offset"}], "relations": [{"from_id", "to_id",
"type"}]}``. Offsets are code points. Texts for classification have a list of labels instead of
spans, those for both have ``cats`` beside it. doccano gives texts new numbers; ours comes back
from the text's meta.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from vermeil.corpora.tools.answers import Answer, AnsweredText
from vermeil.corpora.tools.extras import KEY, extras_of
from vermeil.corpora.tools.json_fields import (
    format_value,
    list_at,
    number_at,
    object_at,
    objects_at,
    optional_id,
    text_at,
)
from vermeil.data.document import Document, Span
from vermeil.errors import DataError

_KNOWN_KEYS = ("id", "text", "data", "label", "labels", "entities", "relations", "cats", "Comments")


def read_doccano(record: Mapping[str, Any]) -> AnsweredText:
    """Return an exported text; doccano does not say whether its annotation is finished.

    Raises:
        DataError: the record is not doccano's.
    """
    text = text_at(record, "data" if "text" not in record and "data" in record else "text")
    spans, labels, relations, unread = None, None, None, Counter[str]()
    entities = objects_at(record, "entities")
    if entities is not None:
        spans = [_entity(item) for item in entities]
        relations = _relations(record, entities, unread)
    else:
        spans, labels = _label(list_at(record, "labels" if "labels" in record else "label"))
    cats = list_at(record, "cats")
    if cats is not None:
        labels = tuple(_string(item) for item in cats)
    unread["comments"] = len(list_at(record, "Comments") or ())
    extras = record.get(KEY) or object_at(record, "meta").get(KEY)
    meta = {k: v for k, v in record.items() if k not in (*_KNOWN_KEYS, KEY) and v is not None}
    answer = Answer("done", spans, labels, relations, unread=unread)
    return AnsweredText(text, [answer], extras, meta, optional_id(record.get("id")))


def write_doccano(document: Document, suggest: bool = False) -> dict[str, Any]:  # noqa: ARG001
    """Return a document as doccano imports it; relations make it one for relation projects.

    ``suggest`` changes nothing, since doccano does not tell suggestions from annotations.
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
    """Whether a record is doccano's."""
    if not isinstance(record.get("text"), str):
        return False
    # A record of ours has an id, and labels that are strings.
    labels = record.get("labels")
    if isinstance(labels, list) and not (
        "id" in record and all(isinstance(item, str) for item in labels)
    ):
        return True
    if isinstance(record.get("label"), list):
        return True
    entities = record.get("entities")
    return isinstance(entities, list) and all(
        isinstance(item, dict) and "start_offset" in item for item in entities
    )


def _label(
    items: list[Any] | None,
) -> tuple[list[Span] | None, tuple[str, ...] | None]:
    """Return spans, or labels of the text where strings stand in their place."""
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
                    '"label" holds what Label Studio writes as JSON-MIN; export JSON from there'
                )
            case dict():
                spans.append(_entity(item))
            case _:
                raise DataError(f'"label" holds {format_value(item)}; expected [start, end, label]')
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
