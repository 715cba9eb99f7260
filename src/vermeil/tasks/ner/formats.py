"""Every reply format by name."""

from __future__ import annotations

from vermeil.tasks.ner import json_format
from vermeil.tasks.ner.reply_format import ReplyFormat

FORMATS: dict[str, ReplyFormat] = {
    "json": ReplyFormat(
        json_format.instruction,
        json_format.render_reply,
        json_format.parse_reply,
        json_format.schema,
    ),
}
"""Every reply format by the name that a configuration gives it."""
