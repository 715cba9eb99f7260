"""JSON records of documents: writing, reading and validation."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NoReturn, TypeGuard, TypeVar

from vermeil.data.document import Annotation, Document, LabelAbstention, Range, Span
from vermeil.data.relation import PairAbstention, Relation
from vermeil.errors import DataError

RECORD_KEYS = (
    "id",
    "group",
    "text",
    "tokens",
    "spans",
    "abstain",
    "labels",
    "label_scores",
    "relations",
    "abstain_pairs",
    "weight",
    "meta",
)
_SPAN_KEYS = ("start", "end", "label", "score", "weight", "status", "origin", "soft")
_DETAILS = _SPAN_KEYS[3:]
_RELATION_KEYS = ("head", "tail", "label", "score")
_PAIR_KEYS = _RELATION_KEYS[:3]
_LARGEST = 1 << 63

T = TypeVar("T")


def document_to_record(document: Document) -> dict[str, Any]:
    """Return a document as a JSON object: keys in a fixed order, without absent values."""
    annotation = document.annotation
    record: dict[str, Any] = {"id": document.id}
    if document.group is not None:
        record["group"] = document.group
    record["text"] = document.text
    if document.tokens is not None:
        record["tokens"] = [list(token) for token in document.tokens]
    if annotation.spans is not None:
        record["spans"] = [span_to_record(span) for span in annotation.spans]
    if annotation.abstain or annotation.abstain_labels:
        record["abstain"] = abstain_to_record(annotation)
    if annotation.labels is not None:
        record["labels"] = list(annotation.labels)
    if annotation.label_scores is not None:
        record["label_scores"] = dict(annotation.label_scores)
    if annotation.relations is not None:
        record["relations"] = [_present(r, _RELATION_KEYS) for r in annotation.relations]
    if annotation.abstain_pairs:
        record["abstain_pairs"] = [_present(p, _PAIR_KEYS) for p in annotation.abstain_pairs]
    if document.weight is not None:
        record["weight"] = document.weight
    if document.meta:
        record["meta"] = dict(document.meta)
    return record


def document_from_record(record: Mapping[str, Any]) -> Document:
    """Return the document that a JSON object describes.

    Raises:
        DataError: a key is missing, unknown or of the wrong type, or a value is out of range.
    """
    _refuse_unknown(record, RECORD_KEYS, "")
    return Document(
        id=_string(record, "id"),
        text=_string(record, "text"),
        group=_optional(record, "group", _string),
        tokens=_optional(record, "tokens", _tokens),
        annotation=_annotation(record),
        weight=_optional(record, "weight", _number),
        meta=_optional(record, "meta", _object) or {},
    )


def document_to_line(document: Document) -> str:
    """Return a document as one line of JSON, without the line end.

    Raises:
        DataError: its ``meta`` holds a value that JSON cannot represent.
    """
    try:
        return json.dumps(document_to_record(document), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(
            f"document {document.id!r} holds a value that JSON cannot represent: {error}"
        ) from error


def span_to_record(span: Span) -> dict[str, Any]:
    """Return a span as a JSON object."""
    record: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
    for key in _DETAILS:
        value = getattr(span, key)
        if value is not None:
            record[key] = dict(value) if key == "soft" else value
    return record


def abstain_to_record(annotation: Annotation) -> list[dict[str, Any]]:
    """Return the abstentions of an annotation as JSON objects; one of the whole text has no end."""
    records: list[dict[str, Any]] = [{"start": a, "end": b} for a, b in annotation.abstain]
    for one in annotation.abstain_labels:
        where: dict[str, Any] = {"start": one.start} if one.start or one.end is not None else {}
        where |= {} if one.end is None else {"end": one.end}
        records.append({**where, "labels": list(one.labels)})
    return records


def _annotation(record: Mapping[str, Any]) -> Annotation:
    abstain = _optional(record, "abstain", _abstain) or ()
    return Annotation(
        spans=_optional(record, "spans", spans_at),
        labels=_optional(record, "labels", _labels),
        relations=_optional(record, "relations", _relations),
        abstain=tuple(one for one in abstain if not isinstance(one, LabelAbstention)),
        abstain_pairs=_optional(record, "abstain_pairs", _abstain_pairs) or (),
        abstain_labels=tuple(one for one in abstain if isinstance(one, LabelAbstention)),
        label_scores=_optional(record, "label_scores", _soft),
    )


def spans_at(record: Mapping[str, Any], key: str) -> tuple[Span, ...]:
    """Return the spans of a record, in the order of the record.

    Raises:
        DataError: the value is not a list of spans.
    """
    return tuple(_span(item) for item in _objects(record, key, _SPAN_KEYS))


def _span(item: Mapping[str, Any]) -> Span:
    return Span(
        _integer(item, "start"),
        _integer(item, "end"),
        _string(item, "label"),
        score=_optional(item, "score", _number),
        weight=_optional(item, "weight", _number),
        status=_optional(item, "status", _string),
        origin=_optional(item, "origin", _string),
        soft=_optional(item, "soft", _soft),
    )


def _present(pair: Relation | PairAbstention, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of a pair that are not None."""
    values = {key: getattr(pair, key) for key in keys}
    return {key: value for key, value in values.items() if value is not None}


def _relations(record: Mapping[str, Any], key: str) -> tuple[Relation, ...]:
    return tuple(
        Relation(
            _integer(item, "head"),
            _integer(item, "tail"),
            _string(item, "label"),
            _optional(item, "score", _number),
        )
        for item in _objects(record, key, _RELATION_KEYS)
    )


def _abstain_pairs(record: Mapping[str, Any], key: str) -> tuple[PairAbstention, ...]:
    return tuple(
        PairAbstention(
            _optional(item, "head", _integer),
            _optional(item, "tail", _integer),
            _optional(item, "label", _string),
        )
        for item in _objects(record, key, _PAIR_KEYS)
    )


def _abstain(record: Mapping[str, Any], key: str) -> tuple[Range | LabelAbstention, ...]:
    return tuple(_abstention(item) for item in _objects(record, key, ("start", "end", "labels")))


def _abstention(item: Mapping[str, Any]) -> Range | LabelAbstention:
    labels = _optional(item, "labels", _labels)
    if labels is None:
        return _integer(item, "start"), _integer(item, "end")
    start = _optional(item, "start", _integer) or 0
    return LabelAbstention(labels, start, _optional(item, "end", _integer))


def _tokens(record: Mapping[str, Any], key: str) -> tuple[Range, ...]:
    ranges: list[Range] = []
    for value in _list(record, key):
        match value:
            case [start, end] if is_whole_number(start) and is_whole_number(end):
                ranges.append((start, end))
            case _:
                raise DataError(f'"{key}" holds {format_value(value)}; expected [start, end] pairs')
    return tuple(ranges)


def _labels(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    labels = _list(record, key)
    for label in labels:
        if not isinstance(label, str):
            raise DataError(f'"{key}" holds {format_value(label)}; expected strings')
    return tuple(labels)


def _soft(item: Mapping[str, Any], key: str) -> dict[str, float]:
    values = _object(item, key)
    return {label: _number(values, label) for label in values}


def _optional(
    record: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any], str], T]
) -> T | None:
    return None if record.get(key) is None else read(record, key)


def _string(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else _refuse(record, key, "a string")


def _integer(record: Mapping[str, Any], key: str) -> int:
    value = record.get(key)
    return value if is_whole_number(value) else _refuse(record, key, "a whole number")


def _number(record: Mapping[str, Any], key: str) -> float:
    value = record.get(key)
    if isinstance(value, int | float) and type(value) is not bool:
        with suppress(OverflowError):  # an integer of more than 308 digits
            if math.isfinite(value):
                return float(value)
    return _refuse(record, key, "a number")


def _list(record: Mapping[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    return value if isinstance(value, list) else _refuse(record, key, "a list")


def _object(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = record.get(key)
    return value if isinstance(value, dict) else _refuse(record, key, "an object")


def _objects(
    record: Mapping[str, Any], key: str, known: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    for item in _list(record, key):
        if not isinstance(item, dict):
            raise DataError(f'"{key}" holds {format_value(item)}; expected objects')
        _refuse_unknown(item, known, f' in "{key}"')
        yield item


def _refuse_unknown(record: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    unknown = [key for key in record if key not in known]
    if unknown:
        names = ", ".join(f'"{key}"' for key in unknown)
        raise DataError(
            f"unknown key {names}{where}; known keys: {', '.join(known)}"
            + ("" if where else " (further values of the source belong into meta)")
        )


def _refuse(record: Mapping[str, Any], key: str, expected: str) -> NoReturn:
    if key not in record:
        raise DataError(f'"{key}" is missing; expected {expected}')
    raise DataError(f'"{key}" is {format_value(record[key])}; expected {expected}')


def is_whole_number(value: Any) -> TypeGuard[int]:
    """Return whether a value is an integer of at most 63 bits; no offset or index is larger."""
    return type(value) is int and abs(value) < _LARGEST


def format_value(value: Any) -> str:
    """Return a value as JSON for an error message, at most 40 characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:37] + "..."
