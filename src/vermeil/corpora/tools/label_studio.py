"""Format of Label Studio: JSON tasks with annotations and predictions.

A file is an array of ``{"id", "data": {"text"}, "annotations": [{"result": […], "was_cancelled",
"completed_by"}], "predictions": [{"result": […], "model_version", "score"}]}``. A result of type
``labels`` is a span (``value``: start, end, text, labels). Type ``choices`` labels the text; with
the id of a span, it is about the span only, and counted. Type ``relation`` joins two spans by their
ids. Offsets are code points. Editors before October 2021 counted UTF-16 units, and browsers may
count a carriage return with a line feed as one. The surface in ``text`` proves such units. A text
with a surface that differs is not annotated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from vermeil.corpora.surfaces import DIFFERENT, StatedSpan, check_surfaces
from vermeil.corpora.tools.answers import Answer, AnsweredText, AnswerState
from vermeil.corpora.tools.extras import KEY, extras_of
from vermeil.corpora.tools.json_fields import (
    list_at,
    number_at,
    object_at,
    objects_at,
    optional_id,
    require_text_key,
    text_at,
    wrong_type_error,
)
from vermeil.data.document import Document, Span
from vermeil.data.records import format_value
from vermeil.errors import DataError

SPANS, LABELS, TEXT = "label", "category", "text"
"""Names of the tags in the labelling configuration for written tasks."""


def labelling_configuration(labels: Sequence[str], *, whole_texts: bool = False) -> str:
    """Return the labelling configuration of a project with written tasks, as XML.

    Args:
        labels: the label set.
        whole_texts: label whole texts by choices, not spans.
    """
    view = Element("View")
    if whole_texts:
        group = SubElement(view, "Choices", name=LABELS, toName=TEXT, choice="multiple")
    else:
        group = SubElement(view, "Labels", name=SPANS, toName=TEXT)
    for label in labels:
        SubElement(group, "Choice" if whole_texts else "Label", value=label)
    SubElement(view, "Text", name=TEXT, value=f"${TEXT}")
    indent(view)
    return tostring(view, encoding="unicode") + "\n"


_MOST_SKIPPED = 10_000
_SPAN_TYPES = ("labels", "hypertextlabels")


class _Region(NamedTuple):
    """Labelled range of an answer: id and names of its labels, and the range with its surface."""

    id: str
    names: Sequence[str]
    stated: StatedSpan


def read_label_studio(record: Mapping[str, Any], text_key: str | None = None) -> AnsweredText:
    """Return the text of a task with its annotations, drafts and predictions.

    Args:
        record: the task.
        text_key: key of the text in the task's data; None: ``text``, the only string, or the only
            string that holds all surfaces.

    Raises:
        DataError: it is not a task of Label Studio, or has no text, or not this key.
    """
    data = object_at(record, "data")
    key = (
        _text_key(record, data) if text_key is None else require_text_key(data, text_key, '"data"')
    )
    text = text_at(data, key)
    extras = data.get(KEY)
    related = isinstance(extras, Mapping) and "relations" in extras
    answers = []
    for item in objects_at(record, "predictions") or ():
        answers.append(_answer(item, "suggested", optional_id(item.get("model_version")), text))
    for item in objects_at(record, "drafts") or ():
        answers.append(_answer(item, "draft", _user(item.get("user")), text))
    found = _annotations(record)
    # The relations of a task that was exported with some are annotated, even if none is left.
    for item in sorted(found, key=lambda item: str(item.get("created_at") or "")):
        cancelled = item.get("was_cancelled") or item.get("skipped")
        state: AnswerState = "skipped" if cancelled else "done"
        answer = _answer(item, state, _user(item.get("completed_by")), text)
        if related and answer.relations is None and state == "done":
            answer = answer._replace(relations=())
        answers.append(answer)
    if record.get("cancelled_annotations") and not found:
        # The export leaves out skipped annotations, and only counts them.
        answers += [Answer("skipped")] * _skipped_annotations(record)
    meta = {k: v for k, v in data.items() if k not in (key, KEY)}
    own_id = optional_id(record.get("id"))
    return AnsweredText(
        text, answers, data.get(KEY), meta, own_id, saved_by_tool=own_id is not None
    )


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


def _skipped_annotations(record: Mapping[str, Any]) -> int:
    number = number_at(record, "cancelled_annotations")
    if not 0 <= number <= _MOST_SKIPPED:
        raise wrong_type_error(
            record, "cancelled_annotations", f"a number from 0 to {_MOST_SKIPPED:,}"
        )
    return number


def _annotations(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return objects_at(record, "annotations" if "annotations" in record else "completions") or []


def _text_key(record: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Return the key of the text: ``text``, the only string, or that which holds all surfaces."""
    if TEXT in data:
        return TEXT
    strings = [key for key, value in data.items() if isinstance(value, str)]
    if len(strings) == 1:
        return strings[0]
    items = [*_annotations(record), *(objects_at(record, "predictions") or ())]
    answers = [[region.stated for region in _regions(item)] for item in items]
    holding = [
        key
        for key in strings
        if any(one.surface for stated in answers for one in stated)
        and not any(
            check_surfaces(data[key], s, editor=True).counts.get(DIFFERENT) for s in answers
        )
    ]
    if len({data[key] for key in holding}) == 1:
        return holding[0]
    names = ", ".join(data) or "nothing"
    raise DataError(
        f'"data" holds {names}; expected "text", or exactly one string. Set text_key (--text-key) '
        "to the key of the text"
    )


def _regions(item: Mapping[str, Any]) -> list[_Region]:
    """Return the labelled ranges of an answer, in the order of the file."""
    regions = []
    for result in objects_at(item, "result") or ():
        kind, value = str(result.get("type")), object_at(result, "value")
        names = list_at(value, _labels_key(value, kind)) if kind in _SPAN_TYPES else None
        if names:
            place = object_at(value, "globalOffsets") or value
            surface = value.get("text")
            stated = StatedSpan(
                [(number_at(place, "start"), number_at(place, "end"))],
                surface if isinstance(surface, str) else None,
            )
            regions.append(_Region(str(result.get("id")), [_name(n) for n in names], stated))
    return regions


def _answer(
    item: Mapping[str, Any], state: AnswerState, annotator: str | None, text: str
) -> Answer:
    regions = _regions(item)
    checked = check_surfaces(text, [region.stated for region in regions], editor=True)
    unread = Counter(checked.counts)
    spans: list[Span] = []
    span_index: dict[str, int] = {}
    for region, places in zip(regions, checked.ranges, strict=True):
        span_index[region.id] = len(spans)
        spans += [Span(*places[0], name) for name in region.names]
    results = objects_at(item, "result") or []
    labels = _labels(results, unread)
    related = []
    for result in results:
        if result.get("type") != "relation":
            continue
        head = span_index.get(str(result.get("from_id")))
        tail = span_index.get(str(result.get("to_id")))
        named = list_at(result, "labels")
        if head is None or tail is None or not named:
            unread["relations"] += 1
            continue
        if result.get("direction") == "left":
            head, tail = tail, head
        related += [(head, tail, _name(name)) for name in named]
    return Answer(state, spans, labels, related or None, annotator, unread)


def _labels(results: Sequence[Mapping[str, Any]], unread: Counter[str]) -> tuple[str, ...] | None:
    """Return the choices about the whole text; count the results that are not read."""
    region_ids = {
        str(result["id"])
        for result in results
        if result.get("type") not in ("choices", "relation") and result.get("id") is not None
    }
    labels: list[str] | None = None
    for result in results:
        kind, value = str(result.get("type")), object_at(result, "value")
        if kind == "choices":
            if (
                not {"start", "startOffset"}.isdisjoint(value)
                or str(result.get("id")) in region_ids
            ):
                unread["results_choices"] += 1
            else:
                labels = [*(labels or ()), *map(_name, list_at(value, "choices") or ())]
        elif kind != "relation" and not (
            kind in _SPAN_TYPES and list_at(value, _labels_key(value, kind))
        ):
            unread[f"results_{kind}"] += 1
    return None if labels is None else tuple(labels)


def _labels_key(value: Mapping[str, Any], kind: str) -> str:
    return kind if kind in value else "labels"


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
