"""Format of Label Studio: JSON tasks with annotations and predictions.

A file is an array of ``{"id", "data": {"text"}, "annotations": [{"result": […], "was_cancelled",
"completed_by"}], "predictions": [{"result": […], "model_version", "score"}]}``. A result of type
``labels`` is a span (``value``: start, end, text, labels), type ``choices`` labels the text, and
type ``relation`` joins two spans by their ids. Offsets are code points. Editors before October 2021
counted UTF-16 units, which is recognised from the surface in ``text``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from vermeil.corpora.tools.answers import Answer, AnsweredText, AnswerState
from vermeil.corpora.tools.extras import KEY, extras_of
from vermeil.corpora.tools.json_fields import (
    list_at,
    number_at,
    object_at,
    objects_at,
    optional_id,
    text_at,
)
from vermeil.corpora.utf16 import from_utf16
from vermeil.data.document import Document, Span
from vermeil.data.records import format_value
from vermeil.errors import DataError

SPANS, LABELS, TEXT = "label", "category", "text"
"""Names of the tags in the labelling configuration for written tasks."""

CONFIGURATION = (
    '<View><Labels name="label" toName="text">{labels}</Labels>'
    '<Text name="text" value="$text"/></View>'
)
"""Labelling configuration for written tasks; ``labels`` are `<Label value="…"/>`."""

_SPAN_TYPES = ("labels", "hypertextlabels")


def read_label_studio(record: Mapping[str, Any]) -> AnsweredText:
    """Return the text of a task with its annotations, drafts and predictions.

    Raises:
        DataError: it is not a task of Label Studio, or has no text.
    """
    data = object_at(record, "data")
    key = _text_key(data)
    text = text_at(data, key)
    answers = []
    for item in objects_at(record, "predictions") or ():
        answers.append(_answer(item, "suggested", optional_id(item.get("model_version")), text))
    for item in objects_at(record, "drafts") or ():
        answers.append(_answer(item, "draft", _user(item.get("user")), text))
    found = objects_at(record, "annotations" if "annotations" in record else "completions")
    for item in sorted(found or (), key=lambda item: str(item.get("created_at") or "")):
        cancelled = item.get("was_cancelled") or item.get("skipped")
        state: AnswerState = "skipped" if cancelled else "done"
        answers.append(_answer(item, state, _user(item.get("completed_by")), text))
    meta = {k: v for k, v in data.items() if k not in (key, KEY)}
    return AnsweredText(text, answers, data.get(KEY), meta, optional_id(record.get("id")))


def write_label_studio(document: Document, suggest: bool = False) -> dict[str, Any]:
    """Return a document as a task.

    Args:
        document: the document.
        suggest: write the annotation as a prediction, to be confirmed by people.
    """
    annotation = document.annotation
    task: dict[str, Any] = {"data": {TEXT: document.text, KEY: extras_of(document)}}
    if annotation.is_empty:
        return task
    result = [_span_result(n, s, document.text) for n, s in enumerate(annotation.spans or ())]
    result += [
        {"type": "relation", "from_id": f"s{r.head}", "to_id": f"s{r.tail}", "labels": [r.label]}
        | {"direction": "right"}
        for r in annotation.relations or ()
    ]
    if annotation.labels is not None:
        value = {"choices": list(annotation.labels)}
        result.append(
            {"id": "c0", "from_name": LABELS, "to_name": TEXT, "type": "choices", "value": value}
        )
    if not suggest:
        return task | {"annotations": [{"result": result}]}
    scores = [span.score for span in annotation.spans or () if span.score is not None]
    score = {"score": min(scores)} if scores else {}
    return task | {"predictions": [{"model_version": "vermeil", **score, "result": result}]}


def looks_like_label_studio(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is a task of Label Studio."""
    return isinstance(record.get("data"), dict)


def _text_key(data: Mapping[str, Any]) -> str:
    """Return the key of the text in the task's data: ``text``, or the only string."""
    if TEXT in data:
        return TEXT
    strings = [key for key, value in data.items() if isinstance(value, str)]
    if len(strings) != 1:
        names = ", ".join(data) or "nothing"
        raise DataError(f'"data" holds {names}; expected "text", or exactly one string')
    return strings[0]


def _answer(
    item: Mapping[str, Any], state: AnswerState, annotator: str | None, text: str
) -> Answer:
    spans: list[Span] = []
    labels: list[str] | None = None
    relations: list[Mapping[str, Any]] = []
    span_index: dict[str, int] = {}
    unread: Counter[str] = Counter()
    for result in objects_at(item, "result") or ():
        kind = result.get("type")
        value = object_at(result, "value")
        if kind == "relation":
            relations.append(result)
        elif kind == "choices":
            labels = [*(labels or ()), *(list_at(value, "choices") or ())]
        elif kind in _SPAN_TYPES and list_at(value, _labels_key(value, kind)):
            names = list_at(value, _labels_key(value, kind)) or []
            span_index[str(result.get("id"))] = len(spans)
            start, end = _range(value, text, unread)
            spans += [Span(start, end, _name(name)) for name in names]
        else:
            unread[f"results_{kind}"] += 1
    related = []
    for result in relations:
        head = span_index.get(str(result.get("from_id")))
        tail = span_index.get(str(result.get("to_id")))
        named = list_at(result, "labels")
        if head is None or tail is None or not named:
            unread["relations"] += 1
            continue
        if result.get("direction") == "left":
            head, tail = tail, head
        related += [(head, tail, _name(name)) for name in named]
    return Answer(
        state,
        spans,
        None if labels is None else tuple(_name(label) for label in labels),
        related or None,
        annotator,
        unread,
    )


def _labels_key(value: Mapping[str, Any], kind: str) -> str:
    return kind if kind in value else "labels"


def _range(value: Mapping[str, Any], text: str, unread: Counter[str]) -> tuple[int, int]:
    """Return the range of a span in code points, also if its editor counted UTF-16 units."""
    place = object_at(value, "globalOffsets") or value
    start, end = number_at(place, "start"), number_at(place, "end")
    surface = value.get("text")
    if not isinstance(surface, str) or _same(text[start:end], surface):
        return start, end
    other = from_utf16(text, (start, end))
    if other is not None and _same(text[slice(*other)], surface):
        return other
    unread["surfaces_that_differ"] += 1
    return start, end


def _same(found: str, surface: str) -> bool:
    r"""Return whether text and surface are equal; the editor writes line ends as ``\n``."""
    return found == surface or found == surface.replace("\\n", "\n")


def _span_result(number: int, span: Span, text: str) -> dict[str, Any]:
    value = {"start": span.start, "end": span.end, "text": text[span.start : span.end]}
    result = {"id": f"s{number}", "from_name": SPANS, "to_name": TEXT, "type": "labels"}
    score = {} if span.score is None else {"score": span.score}
    return {**result, **score, "value": {**value, "labels": [span.label]}}


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise DataError(f'"labels" holds {format_value(value)}; expected strings')
    return value


def _user(value: Any) -> str | None:
    """Return a user, which Label Studio writes as a number or an object with an address."""
    if isinstance(value, dict):
        return optional_id(value.get("email")) or optional_id(value.get("id"))
    return optional_id(value)
