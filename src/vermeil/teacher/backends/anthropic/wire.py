"""Wire format of Anthropic's messages API: request bodies and responses."""

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
"""Finish reason of a reply, per stop reason of Anthropic."""

NOT_A_MESSAGE = "the response is not a message"
"""Error message for a response in another format."""


def message_body(request: Request) -> dict[str, Any]:
    """Return the body of a messages request, with system messages in the field ``system``."""
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
    """Return the reply in a message, without thinking.

    Raises:
        ValueError, TypeError, LookupError, AttributeError: the response has another format.
    """
    parts = [part["text"] for part in answer["content"] if part["type"] == "text"]
    stop_reason = answer.get("stop_reason") or "end_turn"
    usage = answer.get("usage") or {}
    # input_tokens does not include tokens that are read from or written to the prompt cache.
    prompt_tokens = sum(
        int(usage.get(name) or 0)
        for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    )
    cached = int(usage.get("cache_read_input_tokens") or 0)
    counts = Usage(prompt_tokens, int(usage.get("output_tokens") or 0), cached)
    finish_reason = _FINISH.get(stop_reason, str(stop_reason))
    return Reply(replace_surrogates("".join(parts)), finish_reason, counts, latency)
