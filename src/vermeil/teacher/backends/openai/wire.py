"""Wire format of OpenAI's chat completions: request bodies and responses."""

from __future__ import annotations

from typing import Any

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.backends.base import replace_surrogates
from vermeil.teacher.backends.openai.logprobs import parse_logprobs
from vermeil.teacher.backends.structured_output import SCHEMA_FIELDS
from vermeil.teacher.config import TeacherConfig

NOT_A_COMPLETION = "the response is not a chat completion"
"""Error message for a response in another format."""


def chat_body(request: Request, config: TeacherConfig) -> dict[str, Any]:
    """Return the body of a chat completion request."""
    body = {
        **request.parameters,
        "model": request.model,
        "messages": [dict(m) for m in request.messages],
    }
    if request.schema is not None:
        body |= SCHEMA_FIELDS[config.structured](request.schema)
    if config.logprobs:
        # Not a parameter of the request, and so not part of its key, because it does not change the
        # reply. Switching it on or off keeps stored replies valid, so none is requested again.
        body["logprobs"] = True
    return body


def parse_completion(answer: Any, latency: float = 0.0) -> Reply:
    """Return the reply in a chat completion.

    Raises:
        ValueError, TypeError, LookupError, AttributeError, RecursionError: the response has another
            format.
    """
    choice = answer["choices"][0]
    message = choice["message"]
    text, finish_reason = _message_text(message), choice.get("finish_reason") or "stop"
    if not text and isinstance(message.get("refusal"), str):
        text, finish_reason = message["refusal"], "content_filter"  # the reply was withheld
    usage = answer.get("usage") or {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"), cached)
    text = replace_surrogates(text)
    logprobs = parse_logprobs(choice.get("logprobs"), text)
    counted = Usage(*(int(count or 0) for count in counts))
    return Reply(text, str(finish_reason), counted, latency, logprobs=logprobs)


def _message_text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise TypeError("content is neither text nor a list of parts")
    return content or ""
