"""Token counts of requests without a tokenizer: upper bound, actual usage and estimate."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vermeil.data.reply import REASONING_ONLY, Reply, Request, Usage

_TEMPLATE_TOKENS = 256
"""Upper bound of the tokens that a server's chat template adds to the messages."""
_CHARACTERS_PER_TOKEN = 4.0
"""Characters of English text per token, typical of current tokenizers."""
_DEFAULT_REPLY_SHARE = 0.25
"""Expected length of a reply as a share of ``max_tokens`` before any reply is stored."""


def max_usage(request: Request) -> Usage:
    """Return the maximum usage of a request.

    Tokenizers of current chat models work on bytes and make at most one token per byte. The reply
    ends at ``max_tokens``.
    """
    max_tokens = request.parameters.get("max_tokens", 0)
    rest: list[Any] = [dict(request.parameters), [dict(message) for message in request.messages]]
    if request.schema is not None:
        rest.append(request.schema)
    text = json.dumps(rest, ensure_ascii=False)
    return Usage(len(text.encode()) + _TEMPLATE_TOKENS, int(max_tokens))


def max_text_tokens(text: str) -> int:
    """Return the maximum number of tokens of a reply's text."""
    return len(text.encode()) + 1


def actual_usage(request: Request, reply: Reply) -> Usage:
    """Return the usage that the server counted, or the maximum without usable counts."""
    if not is_charge_estimated(reply):
        return reply.usage
    most = max_usage(request)
    # The length of reasoning that is not part of the text is unknown.
    is_reasoning = reply.finish_reason == REASONING_ONLY
    completion = most.completion_tokens if is_reasoning else max_text_tokens(reply.text)
    return Usage(most.prompt_tokens, completion)


def is_charge_estimated(reply: Reply) -> bool:
    """Return whether the server counted no tokens for a reply, or sent counts that cannot be.

    A rejection by a content filter, which has no text, costs nothing.
    """
    has_content = bool(reply.text) or reply.finish_reason != "content_filter"
    return reply.invalid_usage or (not reply.usage.total and has_content)


def count_characters(request: Request) -> int:
    """Return the total length of all messages, in code points."""
    return sum(len(message["content"]) for message in request.messages)


@dataclass(frozen=True, slots=True)
class UsageEstimate:
    """Expected usage of requests.

    Args:
        characters_per_token: characters of a prompt per token.
        reply_tokens: tokens of a reply.
        replies: stored replies that the estimate is based on; 0: default values.
    """

    characters_per_token: float
    reply_tokens: float
    replies: int = 0

    @classmethod
    def from_usage(
        cls, replies: int, prompt_characters: int, usage: Usage, max_tokens: int
    ) -> UsageEstimate:
        """Return the estimate from earlier usage, or default values without any.

        Args:
            replies: number of replies.
            prompt_characters: total length of their prompts, in code points.
            usage: total usage that the server counted for them.
            max_tokens: maximum length of a reply, in tokens.
        """
        if not (replies and prompt_characters and usage.prompt_tokens):
            return cls(_CHARACTERS_PER_TOKEN, max_tokens * _DEFAULT_REPLY_SHARE)
        per_token = prompt_characters / usage.prompt_tokens
        return cls(per_token, usage.completion_tokens / replies, replies)

    def estimate(self, prompt_characters: int, requests: int = 1) -> Usage:
        """Return the expected usage of requests with ``prompt_characters`` characters in total."""
        return Usage(
            round(prompt_characters / self.characters_per_token),
            round(self.reply_tokens * requests),
        )
