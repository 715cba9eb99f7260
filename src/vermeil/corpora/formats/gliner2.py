"""Format of GLiNER2: training records, and texts with its predictions.

Training: ``{"input": TEXT, "output": {"entities": {LABEL: [MENTION, …]}, "classifications":
[{"task", "labels", "true_label"}], "relations": [{NAME: {"head", "tail"}}]}}``. A mention is a
surface, which stands for all its occurrences, or ``{"text", "start", "end"}`` (GLiNER2 2.0 or
later). A label without mentions is in the record with an empty list: GLiNER2 learns that the text
holds none.

Predictions: ``{"text": TEXT, "entities": {LABEL: [{"text", "start", "end", "confidence"}]}}``:
the result of ``extract_entities`` with ``include_spans`` and ``include_confidence``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.gliner import predicted_span
from vermeil.corpora.objects import Objects
from vermeil.corpora.source import stem_of
from vermeil.corpora.tokenised import count_unsupported
from vermeil.corpora.tools.json_fields import (
    list_at,
    object_at,
    optional_id,
    text_at,
    wrong_type_error,
)
from vermeil.corpora.unread import with_unread
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.malformed import translate_malformed
from vermeil.errors import DataError

TASK = "label"
"""Name of the classification in the records that Vermeil writes."""

_KNOWN_KEYS = ("input", "output", "text", "entities", "classifications", "id")


def looks_like_gliner2(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is a training record or a prediction of GLiNER2."""
    if isinstance(record.get("input"), str) and isinstance(record.get("output"), Mapping):
        return True
    return isinstance(record.get("text"), str) and isinstance(record.get("entities"), Mapping)


def read_gliner2(objects: Objects, config: CorpusConfig) -> Iterator[tuple[int, Document]]:
    """Read training records or predictions, with their line numbers."""
    stem = stem_of(config.path)
    for number, (line, record) in enumerate(objects):
        with translate_malformed(config.path, line):
            name = optional_id(record.get("id")) or f"{stem}-{number}"
            document = _document(record, name)
        yield line, document


def gliner2_lines(documents: Iterable[Document], losses: Counter[str]) -> Iterator[str]:
    """Yield the training record of each annotated document.

    Args:
        documents: the documents; all are held, since each record names all labels.
        losses: receives counts of lost information, under the keys of the record: also
            ``unwritable`` (documents without annotation).
    """
    held = list(documents)
    span_labels = sorted({span.label for document in held for span in document.spans or ()})
    labels = sorted({label for d in held for label in d.annotation.labels or ()})
    for document in held:
        count_unsupported(document, losses, supported=("labels", "relations"))
        annotation = document.annotation
        output: dict[str, Any] = {}
        if annotation.spans is not None and span_labels:
            output["entities"] = _mentions(document, span_labels)
        if annotation.labels is not None and labels:
            chosen = {"task": TASK, "labels": labels, "true_label": list(annotation.labels)}
            output["classifications"] = [{**chosen, "multi_label": len(annotation.labels) != 1}]
        if annotation.relations:
            spans = annotation.spans or ()
            surfaces = [document.text[span.start : span.end] for span in spans]
            output["relations"] = [
                {one.label: {"head": surfaces[one.head], "tail": surfaces[one.tail]}}
                for one in annotation.relations
            ]
        if not output or not document.text.strip():
            losses["unwritable"] += 1
            continue
        losses["group"] += document.group is not None
        losses["tokens"] += document.tokens is not None
        record = {"id": document.id, "input": document.text, "output": output}
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _mentions(document: Document, labels: Sequence[str]) -> dict[str, list[Any]]:
    """Return the mentions of each label; with offsets where the surface alone is ambiguous."""
    text, found = document.text, {label: list[Any]() for label in labels}
    lowered = text.lower()
    for span in document.spans or ():
        surface = text[span.start : span.end]
        if lowered.count(surface.lower()) == 1:
            found[span.label].append(surface)
        else:
            found[span.label].append({"text": surface, "start": span.start, "end": span.end})
    return found


def _document(record: Mapping[str, Any], name: str) -> Document:
    text = text_at(record, "input" if "input" in record else "text")
    output = object_at(record, "output") if "output" in record else record
    unread = Counter({f"key {key}": 1 for key in record if key not in _KNOWN_KEYS})
    unread["relations"] = len(list_at(output, "relations") or ())
    unread["structures"] = len(list_at(output, "json_structures") or ())
    spans, labels = None, None
    if output.get("entities") is not None:
        spans = tuple(_spans(object_at(output, "entities"), text, unread))
    classifications = list_at(output, "classifications")
    if classifications:
        labels = _true_labels(classifications[0])
        unread["classifications"] = len(classifications) - 1
    annotation = Annotation(spans=spans, labels=labels)
    return Document(name, text, annotation=annotation, meta=with_unread({}, unread))


def _spans(entities: Mapping[str, Any], text: str, unread: Counter[str]) -> Iterator[Span]:
    for label, mentions in entities.items():
        if not isinstance(mentions, list):
            raise wrong_type_error(entities, label, "a list of mentions")
        seen: set[str] = set()
        for mention in mentions:
            if isinstance(mention, Mapping) and "start" in mention:
                yield predicted_span(mention, text, label)
                continue
            surface = mention.get("text") if isinstance(mention, Mapping) else mention
            if not isinstance(surface, str) or not surface:
                raise wrong_type_error(
                    entities, label, "surfaces, or objects with text and offsets"
                )
            if surface.lower() in seen:
                continue
            seen.add(surface.lower())
            places = list(_occurrences(text, surface))
            unread["mentions_not_in_the_text"] += not places
            yield from (Span(start, start + len(surface), label) for start in places)


def _occurrences(text: str, surface: str) -> Iterator[int]:
    """Yield the starts of a surface in a text, where it is no part of a longer word."""
    lowered, wanted = text.lower(), surface.lower()
    same_length = len(lowered) == len(text) and len(wanted) == len(surface)
    lowered, wanted = (lowered, wanted) if same_length else (text, surface)
    start = lowered.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        glued = (start > 0 and _joins(text[start - 1 : start + 1])) or _joins(
            text[end - 1 : end + 1]
        )
        if not glued:
            yield start
        start = lowered.find(wanted, end)


def _joins(pair: str) -> bool:
    return len(pair) == 2 and pair[0].isalnum() and pair[1].isalnum()


def _true_labels(item: Any) -> tuple[str, ...]:
    value = item.get("true_label") if isinstance(item, Mapping) else None
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise DataError('"classifications" holds no "true_label"; expected a label or a list')
    return tuple(value)
