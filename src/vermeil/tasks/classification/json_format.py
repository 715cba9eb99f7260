"""The JSON reply: ``{"label": "…"}``."""

from __future__ import annotations

import json
from typing import Any

from vermeil.tasks.labels import LabelSet
from vermeil.tasks.replies import answer_objects, as_text, closed_object_schema

_KEY = "label"

_INSTRUCTION = """\
Format: {"label": "..."}
"label" is exactly one of LABELS."""


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def schema(labels: LabelSet) -> dict[str, Any]:
    """Return the JSON schema of the answer, in the subset of strict structured outputs."""
    return closed_object_schema({_KEY: {"type": "string", "enum": list(labels.names)}})


def render_reply(label: str) -> str:
    """Return the correct answer for a label, on one line."""
    return json.dumps({_KEY: label}, ensure_ascii=False)


def parse_reply(reply: str, text: str) -> tuple[str, ...]:
    """Return the different labels of the answer in a reply: one, none, or several.

    The result is empty if a part of the answer is not a label.

    Args:
        reply: the reply.
        text: the document's text.
    """
    values = [as_text(answer[_KEY]) for answer in answer_objects(reply, _KEY, text)]
    labels = [value for value in values if value is not None]
    return tuple(dict.fromkeys(labels)) if len(labels) == len(values) else ()
