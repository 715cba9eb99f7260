"""Extras: parts of a document that an annotation tool passes on unchanged, under one key.

Tools pass on unknown keys: Prodigy in the task, doccano in the text's meta, Label Studio in the
task's data, Argilla in the metadata. The extras are the document's record without the text and
without the parts that the tool itself holds. `restore` combines both: spans are read from the tool,
and unchanged spans get back their scores and other details.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, NamedTuple

from vermeil.corpora.objects import parse_text
from vermeil.corpora.unread import with_unread
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.records import (
    document_from_record,
    document_to_record,
    format_value,
    span_to_record,
    spans_at,
)
from vermeil.errors import DataError

KEY = "vermeil"
"""Key of the extras."""

_DIGEST = "text_digest"
_NOT_ANNOTATED = "not_annotated"
_OLDER_NOT_ANNOTATED = "nobody_looked"
"""The same key in files of versions before 0.2."""
_OFFSET_KEYS = ("tokens", "abstain", "relations", "abstain_pairs")
_PAIR_KEYS = ("relations", "abstain_pairs")


class ImportedAnnotation(NamedTuple):
    """Annotation of a text from a tool or a stand-off format.

    Args:
        text: the current text.
        spans: labelled ranges in the order of the file; None if the format has none.
        labels: labels of the whole text; None if the format has none.
        relations: index of head and tail in ``spans``, and the label; None if there are none.
        meta: further values of the source.
        unread: kind of information that a document cannot hold to its number.
    """

    text: str
    spans: Sequence[Span] | None = None
    labels: tuple[str, ...] | None = None
    relations: Sequence[tuple[int, int, str]] | None = None
    meta: Mapping[str, Any] = {}
    unread: Mapping[str, int] = {}


def extras_of(document: Document, supported_keys: Sequence[str] = ()) -> dict[str, Any]:
    """Return the extras of a document.

    Args:
        document: the document; its text, and start, end and label of its spans, are not extras.
        supported_keys: further keys of the record that the tool itself holds.
    """
    extras = document_to_record(document)
    del extras["text"]
    spans = document.spans
    plain = all((s.score, s.weight, s.status, s.origin, s.soft) == (None,) * 5 for s in spans or ())
    scored = any(one.score is not None for one in document.relations or ())
    for key in supported_keys:
        if key != "relations" or not scored:  # tools hold relations without their scores
            extras.pop(key, None)
    related = any(key in extras for key in _PAIR_KEYS)
    if spans is None:
        extras[_NOT_ANNOTATED] = True
    elif plain and not related:
        extras.pop("spans", None)
    if any(key in extras for key in _OFFSET_KEYS):
        extras[_DIGEST] = _digest(document.text)
    return extras


def extras_text(document: Document) -> str:
    """Return the extras of a document as JSON, for tools that pass on strings only.

    Raises:
        DataError: the document holds a value that JSON cannot represent.
    """
    try:
        return json.dumps(extras_of(document), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(
            f"document {document.id!r} holds a value that JSON cannot represent: {error}"
        ) from error


def parsed_extras(value: object) -> object:
    """Return extras, parsed if they are a string.

    Raises:
        DataError: the string is not JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return parse_text(value)
    except DataError as error:
        raise DataError(f'"{KEY}": {error.message}') from error


def restore(imported: ImportedAnnotation, extras: object, default_id: str) -> Document:
    """Return the document of an imported annotation and its extras.

    Args:
        imported: the annotation.
        extras: the extras; any value that is not an object is ignored.
        default_id: the document's id if the extras have none.

    Raises:
        DataError: a span is out of range, or the extras are not valid.
    """
    known: dict[str, Any] = dict(extras) if isinstance(extras, Mapping) else {}
    unread = Counter(imported.unread)
    digest = known.pop(_DIGEST, None)
    if digest is not None and digest != _digest(imported.text):
        # The text has changed, so its offsets are not valid any more.
        unread.update({key: len(_popped(known, key) or ()) for key in _OFFSET_KEYS})
    older = known.pop(_OLDER_NOT_ANNOTATED, False)
    unannotated = known.pop(_NOT_ANNOTATED, older)
    relations, pairs = (_popped(known, key) for key in _PAIR_KEYS)
    details = spans_at({"spans": _popped(known, "spans") or []}, "spans")
    order, spans = _ordered(imported.spans, details)
    if not spans and (unannotated or imported.spans is None):
        spans = None
    if [span.key for span in spans or ()] != [span.key for span in details]:
        # The indices of the extras are those of other spans.
        unread["abstain_pairs"] += len(pairs or ())
        unread["relations"] += len(relations or ()) if imported.relations is None else 0
        relations, pairs = (None if relations else relations), None
    if imported.relations is not None and (imported.spans is not None or not imported.relations):
        relations = _relation_records(imported.relations, order, relations or (), unread)
    record = {"id": default_id, **known, "text": imported.text, "relations": relations}
    if pairs:
        record["abstain_pairs"] = pairs
    if spans is not None:
        record["spans"] = [span_to_record(span) for span in spans]
    if imported.labels is not None:
        record["labels"] = list(imported.labels)
    document = document_from_record(record)
    return replace(document, meta=with_unread({**imported.meta, **document.meta}, unread))


def _relation_records(
    relations: Sequence[tuple[int, int, str]],
    order: Sequence[int],
    details: Sequence[Any],
    unread: Counter[str],
) -> list[dict[str, Any]]:
    """Return the records of relations; those of a span with itself and repeated ones are counted.

    Args:
        relations: index of head and tail in the order of the file, and the label.
        order: indices of the sorted spans.
        details: records of the same relations with their scores, if the extras hold them.
        unread: receives the counts.
    """
    position = {old: new for new, old in enumerate(order)}
    scores = {
        (one.get("head"), one.get("tail"), one.get("label")): one.get("score")
        for one in details
        if isinstance(one, Mapping)
    }
    found = [(position[head], position[tail], label) for head, tail, label in relations]
    kept = dict.fromkeys(key for key in found if key[0] != key[1])
    if lost := len(found) - len(kept):
        unread["relations"] += lost
    records = (
        {"head": head, "tail": tail, "label": label, "score": scores.get((head, tail, label))}
        for head, tail, label in kept
    )
    return [{key: value for key, value in one.items() if value is not None} for one in records]


def _ordered(
    spans: Sequence[Span] | None, details: Sequence[Span]
) -> tuple[list[int], tuple[Span, ...] | None]:
    """Return the sorted order of the spans, and the sorted spans with their details."""
    if spans is None:
        return [], None
    order = sorted(range(len(spans)), key=lambda number: spans[number].key)
    waiting: defaultdict[tuple[int, int, str], list[Span]] = defaultdict(list)
    for span in reversed(details):
        waiting[span.key].append(span)
    found = []
    for number in order:
        same = waiting[spans[number].key]
        found.append(same.pop() if same else spans[number])
    return order, Annotation(spans=tuple(found)).spans


def _popped(known: dict[str, Any], key: str) -> list[Any] | None:
    """Remove a list from the extras and return it; None if it is absent or null."""
    value = known.pop(key, None)
    if value is None or isinstance(value, list):
        return value
    raise DataError(f'"{key}" in "{KEY}" is {format_value(value)}; expected a list')


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
