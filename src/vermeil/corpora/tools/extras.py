"""What annotation tools do not show, carried through them under a key of its own.

Tools pass on what they do not know: Prodigy a key of the task, doccano one of the text's meta,
Label Studio one of the task's data, Argilla one of the metadata. Under it stands the document's
record without text and without what the tool itself holds. Reading puts both together: spans are
the tool's; scores and the like come back to those spans that are still the same.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, NamedTuple

from vermeil.corpora.unread import with_unread
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.records import document_from_record, document_to_record, span_to_record
from vermeil.errors import DataError

KEY = "vermeil"
"""The key under which extras stand."""

_DIGEST = "text_digest"
_NOT_ANNOTATED = "nobody_looked"
_OFFSET_KEYS = ("tokens", "abstain", "relations")


class ImportedAnnotation(NamedTuple):
    """What a tool says about a text.

    Args:
        text: the text, as it is in the tool now.
        spans: labelled stretches in the tool's order; None where it has no place for them.
        labels: labels of the whole text; None where the tool does not say.
        relations: places of head and tail in ``spans``, and the label; None likewise.
        meta: what else the source knows.
        unread: what the tool holds and a document does not, to number.
    """

    text: str
    spans: Sequence[Span] | None = None
    labels: tuple[str, ...] | None = None
    relations: Sequence[tuple[int, int, str]] | None = None
    meta: Mapping[str, Any] = {}
    unread: Mapping[str, int] = {}


def extras_of(document: Document, supported_keys: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a tool is to carry along.

    Args:
        document: the document; its text, and start, end and label of its spans, are the tool's.
        supported_keys: keys of the record that the tool holds, too.
    """
    extras = document_to_record(document)
    del extras["text"]
    spans = document.spans
    plain = all((s.score, s.weight, s.status, s.origin, s.soft) == (None,) * 5 for s in spans or ())
    related = "relations" in extras and "relations" not in supported_keys
    for key in supported_keys:
        extras.pop(key, None)
    if spans is None:
        extras[_NOT_ANNOTATED] = True
    elif plain and not related:
        extras.pop("spans", None)
    if any(key in extras for key in _OFFSET_KEYS):
        extras[_DIGEST] = _digest(document.text)
    return extras


def extras_text(document: Document) -> str:
    """Return all extras as JSON, for tools that carry along strings only.

    Raises:
        DataError: the document holds what JSON cannot hold.
    """
    try:
        return json.dumps(extras_of(document), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DataError(f"document {document.id!r} holds what JSON cannot hold: {error}") from error


def parsed_extras(value: object) -> object:
    """Return extras that may stand in a string.

    Raises:
        DataError: the string is not JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise DataError(f'"{KEY}" is not JSON: {error.msg}') from error


def restore(imported: ImportedAnnotation, extras: object, default_id: str) -> Document:
    """Return the document that marks and extras make together.

    Args:
        imported: what the tool says.
        extras: what it has carried along; anything but an object counts as nothing.
        default_id: the document's id, where extras do not say.

    Raises:
        DataError: a mark is out of range, or the extras are no record.
    """
    known: dict[str, Any] = dict(extras) if isinstance(extras, Mapping) else {}
    unread = Counter(imported.unread)
    digest = known.pop(_DIGEST, None)
    if digest is not None and digest != _digest(imported.text):
        # The text has changed: places in it mean nothing any more.
        unread.update({key: len(known.pop(key)) for key in _OFFSET_KEYS if known.get(key)})
    nobody = known.pop(_NOT_ANNOTATED, False)
    details, relations = known.pop("spans", None), known.pop("relations", None)
    order, spans = _ordered(imported.spans, details)
    if not spans and (nobody or imported.spans is None):
        spans = None
    if imported.relations is not None:
        place = {old: new for new, old in enumerate(order)}
        relations = [
            {"head": place[head], "tail": place[tail], "label": label}
            for head, tail, label in imported.relations
        ]
    elif relations and [span.key for span in spans or ()] != [_key(item) for item in details or ()]:
        unread["relations"] += len(relations)
        relations = None
    record = {"id": default_id, **known, "text": imported.text, "relations": relations}
    if spans is not None:
        record["spans"] = [span_to_record(span) for span in spans]
    if imported.labels is not None:
        record["labels"] = list(imported.labels)
    made = document_from_record(record)
    return replace(made, meta=with_unread({**imported.meta, **made.meta}, unread))


def _ordered(
    spans: Sequence[Span] | None, details: object
) -> tuple[list[int], tuple[Span, ...] | None]:
    """Return the order that an annotation gives the spans, and the spans with their details."""
    if spans is None:
        return [], None
    order = sorted(range(len(spans)), key=lambda number: spans[number].key)
    waiting: defaultdict[tuple[int, int, str], list[Span]] = defaultdict(list)
    if details:
        record = {"id": "-", "text": "", "spans": details}
        for span in _spans_of(record):
            waiting[span.key].append(span)
    found = []
    for number in order:
        same = waiting[spans[number].key]
        found.append(same.pop(0) if same else spans[number])
    return order, Annotation(spans=tuple(found)).spans


def _spans_of(record: dict[str, Any]) -> tuple[Span, ...]:
    spans = record["spans"]
    if not isinstance(spans, list):
        raise DataError(f'"{KEY}" holds spans that are no list')
    longest = max((item.get("end", 0) for item in spans if isinstance(item, dict)), default=0)
    record["text"] = " " * longest if type(longest) is int else ""
    return document_from_record(record).spans or ()


def _key(item: Mapping[str, Any]) -> tuple[int, int, str]:
    return (item["start"], item["end"], item["label"])


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
