"""The teacher's confidence in each span, from the log-probabilities of its tokens.

The confidence is the joint probability of the tokens of surface and label, given the reply before
them. Jiang, Araki, Ding and Neubig (How Can We Know When Language Models Know?, TACL 2021) compute
the probability of an answer in the same way, as a product over its tokens, before calibration. A
mean over tokens would make names of different lengths comparable. But it would hide a single
uncertain token among many certain ones. The confidence is not calibrated: the judge
(`vermeil.selection`) learns its weight from gold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from vermeil.data.logprobs import Logprobs
from vermeil.data.mention import LocatedMention, Mention

WITHOUT_CONFIDENCE = "without_confidence"
"""Note: mentions with unknown tokens, in a reply with log-probabilities."""


def confidence(mention: Mention, logprobs: Logprobs) -> float | None:
    """Return the joint probability of the tokens of a mention, in [0, 1].

    Args:
        mention: a mention with its ranges in the reply.
        logprobs: log-probabilities of the whole reply.

    Returns:
        None if the tokens are unknown: the reply is not JSON, or a string of it lacks its quotes.
    """
    if not mention.reply_ranges:
        return None
    size = logprobs.length
    return math.exp(
        logprobs.total((size + start, size + end) for start, end in mention.reply_ranges)
    )


def with_confidence(
    located: Iterable[LocatedMention], logprobs: Logprobs | None
) -> tuple[LocatedMention, ...]:
    """Return located mentions with their confidence as the score of their spans.

    Args:
        located: the located mentions of a reply.
        logprobs: log-probabilities of that reply; None: the mentions are returned unchanged.
    """
    if logprobs is None:
        return tuple(located)
    return tuple(_scored(one, confidence(one.mention, logprobs)) for one in located)


def _scored(one: LocatedMention, score: float | None) -> LocatedMention:
    if one.span is None:
        return one
    repeats = tuple(replace(span, score=score) for span in one.additional_spans)
    return replace(one, span=replace(one.span, score=score), additional_spans=repeats)
