"""How sure a teacher was of each span, by the log-probabilities of the tokens that say it.

It is their joint probability: that of saying just this, surface and label, after all that was said
before. Jiang, Araki, Ding and Neubig (How Can We Know When Language Models Know?, TACL 2021) take
the probability of an answer so, as the product over its tokens, before they calibrate it. A mean
over tokens would compare names of different lengths, but hide that one token was in doubt among
many that only spell a name out; and how often confidences of some size are right is for gold to
say: the judge (`vermeil.selection`) weighs them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from vermeil.data.logprobs import Logprobs
from vermeil.data.mention import LocatedMention, Mention

WITHOUT_CONFIDENCE = "without_confidence"
"""The note of mentions whose tokens are not known, of a reply with log-probabilities."""


def confidence(mention: Mention, logprobs: Logprobs) -> float | None:
    """Return the joint probability of the tokens that say a mention, in [0, 1].

    Args:
        mention: as read from the reply; knows where it is written.
        logprobs: of the whole reply.

    Returns:
        None where it is not known which tokens they are: the reply is not in JSON, or a string of
        it lacks its quotes.
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
    """Return located mentions, their spans with the confidence in the mention as score.

    Args:
        located: with the mentions of a reply.
        logprobs: of that reply; None: nothing is known.
    """
    if logprobs is None:
        return tuple(located)
    return tuple(_scored(one, confidence(one.mention, logprobs)) for one in located)


def _scored(one: LocatedMention, score: float | None) -> LocatedMention:
    if one.span is None:
        return one
    repeats = tuple(replace(span, score=score) for span in one.additional_spans)
    return replace(one, span=replace(one.span, score=score), additional_spans=repeats)
