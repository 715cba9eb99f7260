"""Wire format of OpenAI's chat completions: request bodies and responses."""

from __future__ import annotations

from typing import Any

from vermeil.data.reply import REASONING_ONLY, Reply, Request, Usage
from vermeil.teacher.backends.base import replace_surrogates
from vermeil.teacher.backends.openai.logprobs import parse_logprobs
from vermeil.teacher.backends.structured_output import SCHEMA_FIELDS
from vermeil.teacher.backends.usage import as_object, read_usage
from vermeil.teacher.config import TeacherConfig

NOT_A_COMPLETION = "the response is not a chat completion"
"""Error message for a response in another format."""
_REASONING_KEYS = ("reasoning", "reasoning_content", "reasoning_details", "thinking")
"""Fields of a message in which servers return the reasoning of the model."""


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
    reason = choice.get("finish_reason") or choice.get("native_finish_reason")
    # Some servers send no message with a reply that is withheld or has no tokens left.
    message = {} if reason and choice.get("message", 0) is None else choice["message"]
    text, finish_reason = _message_text(message), str(reason or "stop")
    if not text and isinstance(message.get("refusal"), str):
        text, finish_reason = message["refusal"], "content_filter"  # the reply was withheld
    text = replace_surrogates(text)
    if not text.strip() and finish_reason.casefold() == "stop" and _has_reasoning(message, answer):
        finish_reason = REASONING_ONLY
    logprobs = parse_logprobs(choice.get("logprobs"), text)
    usage = usage_of(answer)
    return Reply(
        text,
        finish_reason,
        usage or Usage(),
        latency,
        logprobs=logprobs,
        invalid_usage=usage is None and answer.get("usage") is not None,
    )


def usage_of(answer: Any) -> Usage | None:
    """Return the token counts of a response; None if they are missing or cannot be."""
    usage = as_object(as_object(answer).get("usage"))
    if not usage:
        return None
    cached = as_object(usage.get("prompt_tokens_details")).get("cached_tokens")
    return read_usage(usage.get("prompt_tokens"), usage.get("completion_tokens"), cached)


def is_filtered_prompt(answer: Any) -> bool:
    """Return whether a response without choices reports that a filter withheld the prompt."""
    found = as_object(answer)
    if found.get("choices") or not isinstance(found.get("prompt_filter_results"), list):
        return False
    results = [
        as_object(as_object(r).get("content_filter_results"))
        for r in found["prompt_filter_results"]
    ]
    return any(as_object(one).get("filtered") is True for r in results for one in r.values())


def _message_text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise TypeError("content is neither text nor a list of parts")
    return content or ""


def _has_reasoning(message: dict[str, Any], answer: Any) -> bool:
    """Return whether the model reasoned, as the message or the token counts show."""
    if any(message.get(key) for key in _REASONING_KEYS):
        return True
    content = message.get("content")
    if isinstance(content, list) and content:
        return True  # parts without text
    details = as_object(as_object(answer.get("usage")).get("completion_tokens_details"))
    tokens = details.get("reasoning_tokens")
    return isinstance(tokens, int) and tokens > 0
