"""How many tokens a request will need, without a tokenizer: a bound and an expectation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vermeil.data.reply import Reply, Request, Usage

_TEMPLATE_TOKENS = 256
"""Tokens that a server's chat template may put around the messages."""
_CHARACTERS_PER_TOKEN = 4.0
"""Characters of English in a token, as tokenizers of the day have it."""
_DEFAULT_REPLY_SHARE = 0.25
"""Part of the longest reply that is expected as long as no reply is known."""


def max_usage(request: Request) -> Usage:
    """Return tokens that a request cannot exceed.

    A tokenizer that works on bytes, as those of all chat models of the day do, makes at most one
    token of a byte; the reply ends at ``max_tokens``.
    """
    longest = request.parameters.get("max_tokens", 0)
    rest: list[Any] = [dict(request.parameters), [dict(message) for message in request.messages]]
    if request.schema is not None:
        rest.append(request.schema)
    text = json.dumps(rest, ensure_ascii=False)
    return Usage(len(text.encode()) + _TEMPLATE_TOKENS, int(longest))


def max_text_tokens(text: str) -> int:
    """Return tokens that a reply's text cannot exceed."""
    return len(text.encode()) + 1


def actual_usage(request: Request, reply: Reply) -> Usage:
    """Return the tokens that the server counted; where it does not count, the most there can be."""
    if reply.usage.total or not reply.text:
        return reply.usage
    return Usage(max_usage(request).prompt_tokens, max_text_tokens(reply.text))


def count_characters(request: Request) -> int:
    """Return the length of all messages together, in code points."""
    return sum(len(message["content"]) for message in request.messages)


@dataclass(frozen=True, slots=True)
class UsageEstimate:
    """What a request will probably need.

    Args:
        characters_per_token: characters of a prompt to a token.
        reply_tokens: tokens of a reply.
        replies: stored replies that this was learned from; 0: a rule of thumb.
    """

    characters_per_token: float
    reply_tokens: float
    replies: int = 0

    @classmethod
    def from_usage(
        cls, replies: int, prompt_characters: int, usage: Usage, max_tokens: int
    ) -> UsageEstimate:
        """Learn from what the server counted before; from nothing, a rule of thumb.

        Args:
            replies: how many came.
            prompt_characters: length of their prompts together.
            usage: tokens counted for them together.
            max_tokens: ``max_tokens``.
        """
        if not (replies and prompt_characters and usage.prompt_tokens):
            return cls(_CHARACTERS_PER_TOKEN, max_tokens * _DEFAULT_REPLY_SHARE)
        per_token = prompt_characters / usage.prompt_tokens
        return cls(per_token, usage.completion_tokens / replies, replies)

    def estimate(self, prompt_characters: int, requests: int = 1) -> Usage:
        """Return the tokens that requests with so many characters in all will probably need."""
        return Usage(
            round(prompt_characters / self.characters_per_token),
            round(self.reply_tokens * requests),
        )
