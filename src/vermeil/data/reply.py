"""Requests to a teacher, its replies, and the states in which a request can end."""

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


class State(StrEnum):
    """Where a (document, prompt, model, sample) stands; exactly one at any time."""

    PENDING = "pending"
    DONE = "done"
    EMPTY = "empty"
    """Parsed, and there is nothing to mark."""
    REFUSED = "refused"
    TRUNCATED = "truncated"
    UNPARSABLE = "unparsable"
    """The reply did not follow the instruction; never read as "nothing there"."""
    FAILED = "failed"
    OVER_BUDGET = "over_budget"


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a teacher.

    Args:
        document_id: the document that is asked about.
        text: its text.
        prompt: the prompt's name.
        messages: the rendered chat messages.
        model: the model's name as the server knows it.
        parameters: sampling parameters that are sent (temperature, max_tokens, …).
        sample: number of the sample, from 0.
        schema: the JSON schema that the reply is held to; None: the reply is free.
    """

    document_id: str
    text: str
    prompt: str
    messages: tuple[Message, ...]
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sample: int = 0
    schema: Mapping[str, Any] | None = None

    @property
    def key(self) -> str:
        """SHA-256 over all that decides the reply; the document's id is not part of it."""
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
    """Tokens that the server says it counted.

    Args:
        prompt_tokens: all of the prompt.
        completion_tokens: the reply.
        cached_tokens: those of the prompt that the server had in its cache.
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
    """A teacher's answer, verbatim.

    Args:
        text: what the model wrote.
        finish_reason: why it stopped, in the server's word (``stop``, ``length``, …).
        usage: tokens counted by the server.
        latency: seconds from sending to the full answer.
        attempts: how many requests it took.
        logprobs: how probable its tokens were; None where the server did not say.

    Raises:
        ValueError: the tokens are those of another text.
    """

    text: str
    finish_reason: str = "stop"
    usage: Usage = field(default_factory=Usage)
    latency: float = 0.0
    attempts: int = 1
    logprobs: Logprobs | None = None

    def __post_init__(self) -> None:
        if self.logprobs is not None and self.logprobs.length != len(self.text):
            raise ValueError(
                f"tokens of {self.logprobs.length} characters, but {len(self.text)} of text"
            )
