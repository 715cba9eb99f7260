"""Format of Argilla: records of version 2, of ``records.to_json`` and ``records.from_json``.

``{"id", "fields": {"text"}, "metadata": {}, "suggestions": {QUESTION: {"value", "score",
"agent"}}, "responses": {QUESTION: [{"value", "user_id"}]}, "status"}``. The value of a span
question is a list of ``{"start", "end", "label"}``. The value of a label question is a string or a
list of strings. In a Hugging Face dataset (``to_datasets``), a record is a row with the columns
``text``, ``spans.responses``, ``spans.responses.users``, ``spans.suggestion`` …

Offsets are code points, as the server checks them. Argilla's editor counts UTF-16 units (its issue
5729), so human spans after a character above U+FFFF are counted as doubtful, and their text is not
annotated.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from vermeil.corpora.tools.answers import Answer, AnsweredText, AnswerState
from vermeil.corpora.tools.extras import KEY, extras_text, parsed_extras
from vermeil.corpora.tools.json_fields import (
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

SPANS, LABELS, TEXT = "spans", "labels", "text"
"""Names of the questions and the field in written records."""

_RECORD_KEYS = ("id", "status", "_server_id", "vectors")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_STATES: dict[str, AnswerState] = {"submitted": "done", "draft": "draft", "discarded": "skipped"}


def read_argilla(record: Mapping[str, Any], text_key: str | None = None) -> AnsweredText:
    """Return the text of a record with its suggestions and responses.

    Args:
        record: the record.
        text_key: field of the text; None: ``text``, or the only string.

    Raises:
        DataError: it is not a record of Argilla, it has several texts, or not this field.
    """
    fields = object_at(record, "fields")
    key = _text_key(fields) if text_key is None else require_text_key(fields, text_key, '"fields"')
    text = text_at(fields, key)
    astral = _ASTRAL.search(text)
    certain = sys.maxsize if astral is None else astral.start()
    metadata = object_at(record, "metadata")
    suggested = {
        name: item for name, item in object_at(record, "suggestions").items() if item is not None
    }
    answers: list[Answer] = []
    if suggested:
        values = {name: object_at(suggested, name).get("value") for name in suggested}
        agents = {optional_id(object_at(suggested, name).get("agent")) for name in suggested}
        answers.append(_answer("suggested", values, next(iter(agents - {None}), None), certain))
    by_user: dict[str | None, dict[str, Any]] = {}
    states: dict[str | None, AnswerState] = {}
    responses = object_at(record, "responses")
    for question in responses:
        for item in objects_at(responses, question) or ():
            user = optional_id(item.get("user_id"))
            by_user.setdefault(user, {})[question] = item.get("value")
            states[user] = _STATES.get(str(item.get("status", "submitted")), "draft")
    answers += [_answer(states[user], values, user, certain) for user, values in by_user.items()]
    meta = {k: v for k, v in metadata.items() if k != KEY}
    return AnsweredText(
        text,
        answers,
        parsed_extras(metadata.get(KEY)),
        meta,
        optional_id(record.get("id")),
        saved_by_tool="status" in record or "_server_id" in record,
    )


def write_argilla(document: Document, suggest: bool = True) -> dict[str, Any]:  # noqa: ARG001
    """Return a document as a record with suggestions.

    Args:
        document: the document.
        suggest: ignored: annotations are always suggestions, since a response needs the id of a
            user of the server.
    """
    annotation = document.annotation
    suggestions: dict[str, Any] = {}
    if annotation.spans is not None:
        value = [{"start": s.start, "end": s.end, "label": s.label} for s in annotation.spans]
        scores = [span.score for span in annotation.spans if span.score is not None]
        whole = bool(scores) and len(scores) == len(value)
        suggestions[SPANS] = {"value": value, "score": scores if whole else None}
    if annotation.labels is not None:
        suggestions[LABELS] = {"value": list(annotation.labels), "score": None}
    for suggestion in suggestions.values():
        suggestion["agent"] = "vermeil"
    # Values of metadata in Argilla are strings and numbers.
    return {
        "id": document.id,
        "fields": {TEXT: document.text},
        "metadata": {KEY: extras_text(document)},
        "suggestions": suggestions,
        "responses": {},
        "vectors": {},
    }


def record_of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a row of a Hugging Face dataset from Argilla."""
    suggestions: dict[str, Any] = {}
    responses: dict[str, Any] = {}
    plain = {}
    for column, value in row.items():
        question, dot, kind = column.rpartition(".")
        if dot and kind == "suggestion" and value is not None:
            suggestions[question] = {"value": value, "agent": row.get(f"{column}.agent")}
        elif dot and kind == "responses" and value is not None:
            if not isinstance(value, list):
                raise DataError(f'"{column}" is {format_value(value)}; expected a list')
            users = _column_of(row, f"{column}.users", len(value), None)
            states = _column_of(row, f"{column}.status", len(value), "submitted")
            responses[question] = [
                {"value": one, "user_id": user, "status": state}
                for one, user, state in zip(value, users, states, strict=True)
            ]
        elif "." not in column and column not in _RECORD_KEYS and value is not None:
            plain[column] = value
    fields = {TEXT: plain.pop(TEXT)} if TEXT in plain else plain
    state = {"status": row["status"]} if "status" in row else {}
    return {
        **state,
        "id": row.get("id"),
        "fields": fields,
        "metadata": {} if fields is plain else plain_values(plain),
        "suggestions": suggestions,
        "responses": responses,
    }


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of a table as JSON has them; dates, decimals and others become strings.

    Raises:
        DataError: a number is not finite.
    """
    try:
        plain: dict[str, Any] = json.loads(json.dumps(values, default=str, allow_nan=False))
    except ValueError as error:
        raise DataError(f"{format_value(values)}: {error}; expected finite numbers") from error
    return plain


def _column_of(row: Mapping[str, Any], name: str, size: int, default: str | None) -> list[Any]:
    """Return a column beside the responses; the default for each response if it is empty."""
    found = row.get(name) or [default] * size
    if not isinstance(found, list) or len(found) != size:
        raise DataError(f'"{name}" is {format_value(found)}; expected {size} values')
    return found


def looks_like_argilla(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is a record of Argilla."""
    return isinstance(record.get("fields"), dict)


def _text_key(fields: Mapping[str, Any]) -> str:
    strings = [key for key, value in fields.items() if isinstance(value, str)]
    if TEXT in strings:
        return TEXT
    if len(strings) != 1:
        names = ", ".join(fields) or "nothing"
        raise DataError(
            f'"fields" holds {names}; expected "text", or exactly one string. Set text_key '
            "(--text-key)"
        )
    return strings[0]


def _answer(
    state: AnswerState, values: Mapping[str, Any], annotator: str | None, certain: int
) -> Answer:
    """Return the answer of one annotator; offsets up to ``certain`` are code points."""
    spans: list[Span] | None = None
    labels: list[str] | None = None
    unread: dict[str, int] = {}
    for question, value in values.items():
        match value:
            case None:
                continue
            case [dict(), *_] | []:
                spans = [*(spans or ()), *(_span(item) for item in value)]
            case str() | [str(), *_]:
                labels = [*(labels or ()), *([value] if isinstance(value, str) else value)]
            case _:
                unread[f"answers_to_{question}"] = 1
    doubtful = sum(span.end > certain for span in spans or ())
    if state != "suggested" and doubtful:
        unread["doubtful_offsets"] = doubtful
    return Answer(state, spans, None if labels is None else tuple(labels), None, annotator, unread)


def _span(item: Any) -> Span:
    if not isinstance(item, dict):
        raise DataError(f"a span question's value holds {format_value(item)}; expected objects")
    return Span(number_at(item, "start"), number_at(item, "end"), text_at(item, "label"))
