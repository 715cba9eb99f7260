"""The JSON reply format: ``{"entities": [{"text", "label"[, "occurrence"]}]}``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.reply_format import ParsedReply
from vermeil.tasks.replies import as_text, closed_object, last_object

_KEY = "entities"

_INSTRUCTION = """\
Format: {"entities": [{"text": "...", "label": "..."}]}
"text" is the entity, copied exactly as it stands in the text. "label" is one of LABELS. List an \
entity once per time it occurs, in the order of the text. If there is none: {"entities": []}"""


def instruction(labels: LabelSet) -> str:
    """Return the words that tell a teacher how to write its answer."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def schema(labels: LabelSet) -> dict[str, Any]:
    """Return the JSON schema of the answer, in the subset that servers call strict."""
    said = {"text": {"type": "string"}, "label": {"type": "string", "enum": list(labels.names)}}
    return closed_object({_KEY: {"type": "array", "items": closed_object(said)}})


def render_reply(mentions: Sequence[Mention]) -> str:
    """Return the answer that a teacher following `instruction` would give, on one line."""
    return json.dumps({_KEY: [_item(m) for m in mentions]}, ensure_ascii=False)


def parse_reply(text: str) -> ParsedReply | None:
    """Return what the last whole answer in ``text`` says, or None if there is none.

    An entry without a text and a label is left out and numbered as ``malformed``; where no entry
    is whole, the answer did not follow the instruction and there is none.
    """
    answer = last_object(text, _KEY)
    items = None if answer is None else answer[_KEY]
    if not isinstance(items, list):
        return None
    mentions = tuple(m for m in map(_mention, items) if m is not None)
    malformed = len(items) - len(mentions)
    if malformed and not mentions:
        return None
    return ParsedReply(mentions, {"malformed": malformed} if malformed else {})


def _item(mention: Mention) -> dict[str, str | int]:
    item: dict[str, str | int] = {"text": mention.surface, "label": mention.label}
    if mention.occurrence is not None:
        item["occurrence"] = mention.occurrence
    return item


def _mention(item: Any) -> Mention | None:
    if not isinstance(item, dict):
        return None
    surface, label = as_text(item.get("text")), as_text(item.get("label"))
    if not surface or not label:
        return None
    number = item.get("occurrence")
    is_number = isinstance(number, int) and not isinstance(number, bool) and number > 0
    return Mention(surface, label, number if is_number else None)
