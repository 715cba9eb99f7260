"""Body of a response with HTTP 200: JSON, or else an error that shows its beginning."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from vermeil.data.reply import Usage
from vermeil.data.visible import short_line
from vermeil.teacher.backends.base import AttemptError, ErrorScope

MAX_MESSAGE = 300
"""Maximum number of characters of a server's message in an error."""
MAX_BODY = 200
"""Maximum number of characters of a response's body in an error."""

_EVENT_STREAM = re.compile(rb"\s*(?::|(?:data|event|id|retry)\s*:)")
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<")


def clean_message(message: object, key: str | None, max_characters: int = MAX_MESSAGE) -> str:
    """Return a server's message on one line: shortened, without the key and control characters."""
    text = str(message)
    if key:
        text = text.replace(key, "[key]")
    return short_line(text, max_characters)


def beginning_of(body: bytes, key: str | None) -> str:
    """Return the first characters of a body for a message."""
    shown = clean_message(body[: 8 * MAX_BODY].decode(errors="replace"), key, MAX_BODY)
    return shown or "(no content)"


def decode_body(
    body: bytes,
    headers: Mapping[str, str],
    key: str | None,
    usage_of: Callable[[Any], Usage | None],
) -> Any:
    """Return the decoded JSON of a response, or the first event with an error of a stream.

    Args:
        body: the body of the response.
        headers: response headers with names in lower case.
        key: the API key, which no message may contain.
        usage_of: returns the token counts in a decoded response; None: not reported.

    Raises:
        AttemptError: the body is not JSON. An event stream is an error, too, because no stream was
            requested.
    """
    if _EVENT_STREAM.match(body):
        return _error_in_stream(body, key, usage_of)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/html" or _MARKUP.match(body):
            raise AttemptError(
                f"the response is a page, not JSON: {beginning_of(body, key)}; check that "
                "teacher.base_url is the address of the API and that no proxy or login page "
                "answers in its place",
                ErrorScope.ATTEMPT,
                unbilled=True,
            ) from None
        cause = clean_message(error, key)
        raise AttemptError(
            f"the response is not JSON ({cause}): {beginning_of(body, key)}", ErrorScope.ATTEMPT
        ) from None


def _error_in_stream(body: bytes, key: str | None, usage_of: Callable[[Any], Usage | None]) -> Any:
    """Return the first event that reports an error; else raise the error for a stream."""
    usage = None
    for event in _events(body):
        if isinstance(event, dict) and event.get("error"):
            return event
        usage = usage_of(event) or usage
    raise AttemptError(
        "the response is a stream of server-sent events, although no stream was requested: "
        f"{beginning_of(body, key)}; configure the server or the proxy to answer in one piece",
        ErrorScope.ATTEMPT,
        usage=usage,
    )


def _events(body: bytes) -> list[Any]:
    events = []
    for line in body.splitlines():
        name, _, data = line.partition(b":")
        if name.strip() != b"data":
            continue
        try:
            events.append(json.loads(data))
        except (ValueError, RecursionError):
            continue  # "[DONE]", or an event that was cut off
    return events
