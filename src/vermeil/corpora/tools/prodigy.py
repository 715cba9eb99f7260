"""Format of Prodigy: JSONL of tasks with spans, for ``ner.manual`` and from ``db-out``.

``{"text", "tokens": [{"text", "start", "end", "id", "ws"}], "spans": [{"start", "end",
"token_start", "token_end", "label"}], "relations": [{"head", "child", "head_span", "child_span",
"label"}], "meta": {}, "answer": "accept"}``; ``token_end`` is the last token of the span. Relations
are those of ``rel.manual`` between spans; relations between other words are counted. Offsets are
code points. Only an accepted task is annotated. A rejected or ignored task and a binary decision
are read as a text without annotation, and counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from typing import Any

from vermeil.corpora.surfaces import StatedSpan, check_surfaces
from vermeil.corpora.tools.answers import Answer, AnsweredText, AnswerState
from vermeil.corpora.tools.extras import KEY, extras_of
from vermeil.corpora.tools.json_fields import (
    number_at,
    object_at,
    objects_at,
    optional_id,
    require_text_key,
    text_at,
    wrong_type_error,
)
from vermeil.data.document import Document, Range, Span
from vermeil.data.words import words_of

ANSWER, ACCEPTED = "answer", "accept"
_STATES: dict[str, AnswerState] = {"accept": "done", "reject": "rejected", "ignore": "skipped"}
_HASHES = ("_input_hash", "_task_hash", "_view_id", "_session_id", "_annotator_id")
_SPAN_VIEWS = ("ner", "ner_manual", "spans", "spans_manual", "relations")
_OTHER_VIEWS_KEYS = (
    "label",
    "options",
    ACCEPTED,
    "cats",
    "html",
    "image",
    "audio",
    "video",
    "arcs",
)
"""Keys of tasks that are not about spans, where no view is named."""
_KNOWN_KEYS = (
    "id",
    "text",
    "tokens",
    "spans",
    "relations",
    "meta",
    ANSWER,
    "_is_binary",
    "_timestamp",
)


def read_prodigy(record: Mapping[str, Any], text_key: str | None = None) -> AnsweredText:
    """Return the text of a task; without an answer, its spans are suggestions.

    Args:
        record: the task.
        text_key: key of the text; None: ``text``.

    Raises:
        DataError: it is not a task of Prodigy, or it has no text under this key.
    """
    key = "text" if text_key is None else require_text_key(record, text_key, "the task")
    text = text_at(record, key)
    items = objects_at(record, "spans")
    answer = record.get(ANSWER)
    if not (answer is None or (isinstance(answer, str) and answer in _STATES)):
        raise wrong_type_error(record, ANSWER, f"one of {', '.join(_STATES)}")
    state: AnswerState = "suggested" if answer is None else _STATES[answer]
    annotator = optional_id(record.get("_annotator_id")) or optional_id(record.get("_session_id"))
    unread: Counter[str] = Counter()
    if record.get("_is_binary") is True and state == "done":
        # A decision on one suggested span: other spans of the text are unknown.
        items = None
        unread["binary_answers"] += 1
    elif items is None and state == "done":
        items = [] if _is_about_spans(record) else None
        unread["answers_without_spans"] += items is None
    spans = None if items is None else _spans(items, text, unread)
    related = objects_at(record, "relations")
    saved_by_tool = any(hash_key in record for hash_key in _HASHES)
    if isinstance(record.get(KEY), Mapping) and not saved_by_tool:
        related = None  # as Vermeil wrote it: the extras hold the relations
    relations = None
    if spans is not None and related is not None:
        relations = _relations(related, spans, unread)
    elif related:
        unread["relations"] += len(related)
    kept = {
        k: v
        for k, v in record.items()
        if k not in (key, *_KNOWN_KEYS, *_HASHES, KEY) and v is not None
    }
    extras = record.get(KEY)
    return AnsweredText(
        text,
        [Answer(state, spans, None, relations, annotator, unread)],
        extras if isinstance(extras, Mapping) else _tokens(record, text),
        {**kept, **object_at(record, "meta")} if extras is None else kept,
        optional_id(record.get("id")),
        saved_by_tool=saved_by_tool,
    )


def input_key_of_prodigy(record: Mapping[str, Any]) -> str | None:
    """Return a key that is equal for the tasks about one text; None for tasks without a hash."""
    extras, number = record.get(KEY), record.get("_input_hash")
    if all(record.get(key) is None for key in ("_input_hash", "_session_id", "_annotator_id")):
        return None
    if isinstance(extras, Mapping) and isinstance(extras.get("id"), str):
        return f"vermeil {extras['id']}"
    own = optional_id(record.get("id"))
    if own is not None:
        return f"id {own}"
    return None if number is None else f"input {number}"


def write_prodigy(document: Document, suggest: bool = False) -> dict[str, Any]:
    """Return a document as a task, with the words that Prodigy's span editor needs.

    Args:
        document: the document.
        suggest: write a task without an answer, to be confirmed by people; default: accepted.
    """
    words = words_of(document)
    record: dict[str, Any] = {"text": document.text, "tokens": _words(document.text, words)}
    if document.spans is not None:
        starts, ends = [start for start, _ in words], [end for _, end in words]
        spans = [_record(span, starts, ends) for span in document.spans]
        record["spans"] = spans
        if document.relations is not None:
            record["relations"] = [
                {
                    **_word("head", spans[one.head]),
                    **_word("child", spans[one.tail]),
                    "head_span": spans[one.head],
                    "child_span": spans[one.tail],
                    "label": one.label,
                }
                for one in document.relations
            ]
    record["meta"] = {"id": document.id}
    if document.spans is not None and not suggest:
        record[ANSWER] = "accept"
    return {**record, KEY: extras_of(document)}


def looks_like_prodigy(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is a task of Prodigy."""
    if not isinstance(record.get("text"), str):
        return False
    if any(key in record for key in (*_HASHES, ANSWER)):
        return True
    tokens = record.get("tokens")
    return isinstance(tokens, list) and bool(tokens) and isinstance(tokens[0], dict)


def _is_about_spans(record: Mapping[str, Any]) -> bool:
    """Return whether the view of a task is one in which spans are marked."""
    view = record.get("_view_id")
    if view is None or view == "blocks":
        return not any(key in record for key in _OTHER_VIEWS_KEYS)
    return view in _SPAN_VIEWS


def _spans(items: list[Mapping[str, Any]], text: str, unread: Counter[str]) -> list[Span]:
    stated = [
        StatedSpan(
            [(number_at(item, "start"), number_at(item, "end"))],
            item["text"] if isinstance(item.get("text"), str) else None,
        )
        for item in items
    ]
    checked = check_surfaces(text, stated)
    unread.update(checked.counts)
    return [
        Span(*places[0], text_at(item, "label"))
        for item, places in zip(items, checked.ranges, strict=True)
    ]


def _record(span: Span, starts: list[int], ends: list[int]) -> dict[str, Any]:
    """Return a span as a JSON object, with its words if it begins and ends at word boundaries."""
    record: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
    first, last = bisect_left(starts, span.start), bisect_right(ends, span.end) - 1
    fits = first <= last and starts[first] == span.start and ends[last] == span.end
    return {**record, "token_start": first, "token_end": last} if fits else record


def _word(name: str, span: Mapping[str, Any]) -> dict[str, Any]:
    """Return the last word of an end of a relation, if the end is of whole words."""
    return {name: span["token_end"]} if "token_end" in span else {}


def _relations(
    items: list[Mapping[str, Any]], spans: list[Span], unread: Counter[str]
) -> list[tuple[int, int, str]]:
    """Return the relations between spans; others, for example between words, are counted."""
    numbers: dict[tuple[Any, ...], int] = {}
    for number, span in enumerate(spans):
        numbers.setdefault(span.key, number)
        numbers.setdefault(span.key[:2], number)
    relations = []
    for item in items:
        ends = []
        for key in ("head_span", "child_span"):
            place = object_at(item, key)
            where = (place.get("start"), place.get("end"))
            is_range = all(type(one) is int for one in where)
            exact = numbers.get((*where, str(place.get("label")))) if is_range else None
            ends.append(exact if exact is not None or not is_range else numbers.get(where))
        head, child = ends
        label = item.get("label")
        if head is None or child is None or not isinstance(label, str) or not label:
            unread["relations"] += 1
        else:
            relations.append((head, child, label))
    return relations


def _words(text: str, words: tuple[Range, ...]) -> list[dict[str, Any]]:
    return [
        {
            "text": text[start:end],
            "start": start,
            "end": end,
            "id": number,
            "ws": text[end : end + 1] == " ",
        }
        for number, (start, end) in enumerate(words)
    ]


def _tokens(record: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return the words of a task without extras, omitting words of white space."""
    tokens = objects_at(record, "tokens")
    if tokens is None:
        return {}
    ranges = [(number_at(item, "start"), number_at(item, "end")) for item in tokens]
    return {"tokens": [[start, end] for start, end in ranges if text[start:end].strip()]}
