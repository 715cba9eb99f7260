"""Anthropic's messages on the wire: the body that is sent, and the answer that comes."""

from __future__ import annotations

from typing import Any

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.backends.base import replace_surrogates

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
"""Anthropic's reasons to stop, in the words that every reader here knows."""


def message_body(request: Request) -> dict[str, Any]:
    """Return the body of a messages request; system messages go where Anthropic wants them."""
    system = [m["content"] for m in request.messages if m["role"] == "system"]
    body = {
        **request.parameters,
        "model": request.model,
        "messages": [dict(m) for m in request.messages if m["role"] != "system"],
    }
    if system:
        body["system"] = "\n\n".join(system)
    if request.schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": request.schema}}
    return body


def parse_message(answer: Any, latency: float = 0.0) -> Reply:
    """Read a message; thinking is no part of the reply.

    Raises:
        ValueError, TypeError, LookupError, AttributeError: it has another shape.
    """
    parts = [part["text"] for part in answer["content"] if part["type"] == "text"]
    stopped = answer.get("stop_reason") or "end_turn"
    usage = answer.get("usage") or {}
    # What comes from or goes into the prompt cache is not part of input_tokens.
    asked = sum(
        int(usage.get(name) or 0)
        for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    )
    cached = int(usage.get("cache_read_input_tokens") or 0)
    counted = Usage(asked, int(usage.get("output_tokens") or 0), cached)
    return Reply(
        replace_surrogates("".join(parts)), _FINISH.get(stopped, str(stopped)), counted, latency
    )
