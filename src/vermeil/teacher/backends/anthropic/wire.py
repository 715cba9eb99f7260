"""Wire format of Anthropic's messages API: request bodies and responses."""

from __future__ import annotations

from typing import Any

from vermeil.data.reply import REASONING_ONLY, Reply, Request, Usage
from vermeil.teacher.backends.base import replace_surrogates
from vermeil.teacher.backends.usage import as_object, read_usage

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
    kinds = [part["type"] for part in answer["content"]]
    parts = [part["text"] for part in answer["content"] if part["type"] == "text"]
    stop_reason = answer.get("stop_reason") or "end_turn"
    text = replace_surrogates("".join(parts))
    finish_reason = _FINISH.get(stop_reason, str(stop_reason))
    if finish_reason == "stop" and not text.strip() and "thinking" in kinds:
        finish_reason = REASONING_ONLY
    usage = usage_of(answer)
    is_invalid = usage is None and answer.get("usage") is not None
    return Reply(text, finish_reason, usage or Usage(), latency, invalid_usage=is_invalid)


def usage_of(answer: Any) -> Usage | None:
    """Return the token counts of a response; None if they are missing or cannot be."""
    usage = as_object(as_object(answer).get("usage"))
    if not usage:
        return None
    # input_tokens does not include tokens that are read from or written to the prompt cache.
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    parts = [read_usage(usage.get(name), usage.get("output_tokens")) for name in names]
    counts = [part for part in parts if part is not None]
    if len(counts) < len(parts):
        return None
    prompt = sum(part.prompt_tokens for part in counts)
    return read_usage(prompt, usage.get("output_tokens"), usage.get(names[-1]))
