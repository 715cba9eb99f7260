"""A chat completion on the wire: the body that is sent, and the answer that comes."""

from __future__ import annotations

from typing import Any

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.backends.base import replace_surrogates
from vermeil.teacher.backends.openai.logprobs import parse_logprobs
from vermeil.teacher.backends.structured_output import SCHEMA_FIELDS
from vermeil.teacher.config import TeacherConfig


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
        # Not a parameter of the request, and so no part of its key: it changes nothing that the
        # model says. So replies that were stored without are not asked, and paid, once more when it
        # is switched on, and none is lost when it is switched off.
        body["logprobs"] = True
    return body


def parse_completion(answer: Any, latency: float = 0.0) -> Reply:
    """Read a chat completion.

    Raises:
        ValueError, TypeError, LookupError, AttributeError, RecursionError: it has another shape.
    """
    choice = answer["choices"][0]
    message = choice["message"]
    text, finish = _message_text(message), choice.get("finish_reason") or "stop"
    if not text and isinstance(message.get("refusal"), str):
        # A word that readers know: the reply was withheld.
        text, finish = message["refusal"], "content_filter"
    usage = answer.get("usage") or {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    numbers = (usage.get("prompt_tokens"), usage.get("completion_tokens"), cached)
    counted = Usage(*(int(number or 0) for number in numbers))
    text = replace_surrogates(text)
    logprobs = parse_logprobs(choice.get("logprobs"), text)
    return Reply(text, str(finish), counted, latency, logprobs=logprobs)


def _message_text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise TypeError("content is neither text nor a list of parts")
    return content or ""
