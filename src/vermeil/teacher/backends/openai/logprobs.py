"""Log-probabilities in OpenAI's shape, as servers send them: found in the reply's text, or left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vermeil.data.logprobs import Logprobs
from vermeil.teacher.backends.error_patterns import REJECTION_STATUSES, is_rejection_of
from vermeil.teacher.config import TeacherConfig

_CLOSING = re.compile(rb"(?:\s|<[^<>\s]{1,40}>)*")
"""What servers cut off behind a reply, though it was written: white space, marks of its end."""
_MIN_LOGPROB = -9999.0
"""OpenAI's own floor; JSON holds no minus infinity, and some servers send it all the same."""
_ROUNDING = 1e-3
"""By how much a log-probability may be above 0."""


def parse_logprobs(payload: Any, text: str) -> Logprobs | None:
    """Return the log-probabilities of a reply's tokens.

    The tokens may be more than the text: servers strip white space and marks of the end, and put
    reasoning elsewhere. So the text must be the end of what they make up, byte for byte.

    Args:
        payload: the choice's ``logprobs``: ``{"content": [{"token", "bytes", "logprob"}]}``.
        text: the reply.

    Returns:
        None where there are none or they do not make up the text: nothing is guessed, and a reply
        that was paid is not lost for it.
    """
    try:
        tokens = [(_bytes(one), _value(one)) for one in payload["content"]]
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return None
    written, own = b"".join(piece for piece, _ in tokens), text.encode()
    start = written.rfind(own)
    if not own or start < 0 or not _CLOSING.fullmatch(written, start + len(own)):
        return None
    return _from_bytes(tokens, start, own)


def logprobs_rejection_advice(
    status: int, server_message: str, text: str, config: TeacherConfig
) -> str | None:
    """Return advice where a server turned down log-probabilities rather than the text; else None.

    Args:
        status: HTTP status of its answer.
        said: its own words.
        text: the document's text; what stands in it is no complaint, though the server quotes it.
        config: the settings that were used.
    """
    among = (403, *REJECTION_STATUSES)
    if not config.logprobs or not is_rejection_of(
        ("logprobs",), status, server_message, text, among
    ):
        return None
    return (
        f"the teacher at {config.base_url} gives no log-probabilities of this model (HTTP "
        f"{status}): {server_message}; set teacher.logprobs to false"
    )


def logprobs_content(logprobs: Logprobs, text: str) -> dict[str, Any]:
    """Return log-probabilities as OpenAI would send them with a text."""
    starts = (0, *logprobs.ends)
    tokens = (text[start:end] for start, end in zip(starts, logprobs.ends, strict=False))
    content = [
        {"token": one, "logprob": value, "bytes": list(one.encode()), "top_logprobs": []}
        for one, value in zip(tokens, logprobs.values, strict=True)
    ]
    return {"content": content, "refusal": None}


def _bytes(token: Any) -> bytes:
    """A token need not end with a character, so its bytes count where they are given."""
    given = token.get("bytes")
    return bytes(list(given)) if given is not None else token["token"].encode()


def _value(token: Any) -> float:
    value = float(token["logprob"])
    if not value <= _ROUNDING:
        raise ValueError(f"{value} is no log-probability")
    return min(max(value, _MIN_LOGPROB), 0.0)


def _from_bytes(tokens: Sequence[tuple[bytes, float]], start: int, reply: bytes) -> Logprobs:
    """Return the tokens of the stretch from ``start`` that is ``reply``, with ends in characters."""
    ends: list[int] = []
    values: list[float] = []
    at, characters, value = -start, 0, 0.0
    for piece, logprob in tokens:
        first, last = max(at, 0), min(at + len(piece), len(reply))
        at += len(piece)
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
    """Whether a byte of UTF-8 begins a character."""
    return byte & 0xC0 != 0x80
