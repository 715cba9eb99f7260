"""The JSON reply: ``{"label": "…"}``."""

from __future__ import annotations

import json
from typing import Any

from vermeil.tasks.labels import LabelSet
from vermeil.tasks.replies import as_text, closed_object_schema, last_object

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


def parse_reply(text: str) -> str | None:
    """Return the label of the last complete answer in ``text``, or None if there is none."""
    answer = last_object(text, _KEY)
    return None if answer is None else as_text(answer[_KEY])
