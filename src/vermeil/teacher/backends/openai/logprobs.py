"""Log-probabilities in OpenAI's format: alignment of a server's tokens with the reply's text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vermeil.data.logprobs import Logprobs
from vermeil.teacher.backends.error_patterns import REJECTION_STATUSES, is_rejection_of
from vermeil.teacher.config import TeacherConfig

_CLOSING = re.compile(rb"(?:\s|<[^<>\s]{1,40}>)*")
"""Text that servers strip from the end of a reply: white space and end-of-text markers."""
_MIN_LOGPROB = -9999.0
"""OpenAI's minimum. JSON has no minus infinity, but some servers send it."""
_ROUNDING = 1e-3
"""Tolerated excess of a log-probability above 0."""


def parse_logprobs(payload: Any, text: str) -> Logprobs | None:
    """Return the log-probabilities of a reply's tokens.

    The tokens may contain more than the text: servers strip white space and end markers, and move
    reasoning to another field. So the text must equal the end of the joined tokens, byte for byte.

    Args:
        payload: the choice's ``logprobs``: ``{"content": [{"token", "bytes", "logprob"}]}``.
        text: the reply.

    Returns:
        The log-probabilities; None if they are missing or do not match the text. The reply itself
        is kept in that case, because it was paid for.
    """
    try:
        tokens = [(_bytes(one), _value(one)) for one in payload["content"]]
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return None
    joined, reply = b"".join(token for token, _ in tokens), text.encode()
    start = joined.rfind(reply)
    if not reply or start < 0 or not _CLOSING.fullmatch(joined, start + len(reply)):
        return None
    return _from_bytes(tokens, start, reply)


def logprobs_rejection_advice(
    status: int, server_message: str, text: str, config: TeacherConfig
) -> str | None:
    """Return advice if a server rejected log-probabilities rather than the text; else None.

    Args:
        status: HTTP status of the response.
        server_message: the server's error message.
        text: the document's text. Words in it do not count, because the server may quote it.
        config: settings of the request.
    """
    statuses = (403, *REJECTION_STATUSES)
    if not config.logprobs or not is_rejection_of(
        ("logprobs",), status, server_message, text, statuses
    ):
        return None
    return (
        f"the teacher at {config.base_url} returns no log-probabilities of this model (HTTP "
        f"{status}): {server_message}; set teacher.logprobs to false"
    )


def logprobs_content(logprobs: Logprobs, text: str) -> dict[str, Any]:
    """Return the log-probabilities of a text in OpenAI's format."""
    starts = (0, *logprobs.ends)
    tokens = (text[start:end] for start, end in zip(starts, logprobs.ends, strict=False))
    content = [
        {"token": one, "logprob": value, "bytes": list(one.encode()), "top_logprobs": []}
        for one, value in zip(tokens, logprobs.values, strict=True)
    ]
    return {"content": content, "refusal": None}


def _bytes(token: Any) -> bytes:
    """Return the bytes of a token, which may end within a character; else its encoded text."""
    values = token.get("bytes")
    return bytes(list(values)) if values is not None else token["token"].encode()


def _value(token: Any) -> float:
    value = float(token["logprob"])
    if not value <= _ROUNDING:
        raise ValueError(f"{value} is not a log-probability")
    return min(max(value, _MIN_LOGPROB), 0.0)


def _from_bytes(tokens: Sequence[tuple[bytes, float]], start: int, reply: bytes) -> Logprobs:
    """Return log-probabilities of the tokens in ``reply``, with token ends in characters.

    Args:
        tokens: bytes and log-probability of every token.
        start: byte offset of ``reply`` in the joined tokens.
        reply: the reply in UTF-8.
    """
    ends: list[int] = []
    values: list[float] = []
    offset, characters, value = -start, 0, 0.0
    for token, logprob in tokens:
        first, last = max(offset, 0), min(offset + len(token), len(reply))
        offset += len(token)
        if first >= last:
            continue
        characters += sum(_starts_character(byte) for byte in reply[first:last])
        value += logprob
        if last == len(reply) or _starts_character(reply[last]):
            ends.append(characters)
            values.append(value)
            value = 0.0
    return Logprobs(tuple(ends), tuple(values))


def _starts_character(byte: int) -> bool:
    """Return whether a byte of UTF-8 begins a character."""
    return byte & 0xC0 != 0x80
