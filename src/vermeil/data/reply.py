"""Requests to a teacher, its replies, and the states of a request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vermeil.data.logprobs import Logprobs

Message = Mapping[str, str]
"""One chat message: ``role`` and ``content``."""


REASONING_ONLY = "reasoning_only"
"""Finish reason of a reply that the model ended after its reasoning, without any text."""


class State(StrEnum):
    """State of a (document, prompt, model, sample); exactly one at any time."""

    PENDING = "pending"
    DONE = "done"
    EMPTY = "empty"
    """Parsed; the reply states that there is nothing to annotate."""
    UNPLACED = "unplaced"
    """Parsed, but no mention has a known position in the text; never read as an empty
    annotation."""
    REFUSED = "refused"
    TRUNCATED = "truncated"
    UNPARSABLE = "unparsable"
    """The reply did not follow the instruction; never read as an empty annotation."""
    FAILED = "failed"
    OVER_BUDGET = "over_budget"


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a teacher.

    Args:
        document_id: id of the document.
        text: its text.
        prompt: the prompt's name.
        messages: the rendered chat messages.
        model: the model's name on the server.
        parameters: sampling parameters of the request (temperature, max_tokens, …).
        sample: number of the sample, from 0.
        schema: JSON schema that constrains the reply; None: no constraint.
        form: form of the reply that the messages request, for its reader; not part of the key.
    """

    document_id: str
    text: str
    prompt: str
    messages: tuple[Message, ...]
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sample: int = 0
    schema: Mapping[str, Any] | None = None
    form: str = ""

    @property
    def key(self) -> str:
        """SHA-256 of everything that determines the reply; the document's id is not part of it."""
        parts: list[Any] = [
            self.text,
            [dict(m) for m in self.messages],
            self.model,
            dict(sorted(self.parameters.items())),
            self.sample,
        ]
        if self.schema is not None:
            parts.append(dict(self.schema))
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts that the server reported.

    Args:
        prompt_tokens: tokens of the whole prompt.
        completion_tokens: tokens of the reply.
        cached_tokens: tokens of the prompt that were in the server's cache.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
        )

    @property
    def total(self) -> int:
        """Tokens of prompt and reply together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Reply:
    """A teacher's reply, verbatim.

    Args:
        text: the generated text.
        finish_reason: the server's reason for the end of the text (``stop``, ``length``, …), or
            `REASONING_ONLY`.
        usage: token counts from the server.
        latency: seconds from sending the request to the complete reply.
        attempts: number of requests until the reply.
        logprobs: log-probabilities of its tokens; None if the server sent none.
        invalid_usage: whether the server sent token counts that cannot be; ``usage`` is then 0.
        form: form of the reply that its request named; empty: that of the configuration.
        created: time at which it was stored, in seconds since 1970; 0: not stored yet.
        model: name of the model that it was requested from; empty: not stored yet.
        alternatives: earlier replies to requests for the same annotation with other settings.

    Raises:
        ValueError: ``logprobs`` does not cover the text.
    """

    text: str
    finish_reason: str = "stop"
    usage: Usage = field(default_factory=Usage)
    latency: float = 0.0
    attempts: int = 1
    logprobs: Logprobs | None = None
    invalid_usage: bool = False
    form: str = field(default="", compare=False)
    created: float = field(default=0.0, compare=False)
    model: str = field(default="", compare=False)
    alternatives: tuple[Reply, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.logprobs is not None and self.logprobs.length != len(self.text):
            raise ValueError(
                f"logprobs cover {self.logprobs.length} characters; the text has {len(self.text)}"
            )
