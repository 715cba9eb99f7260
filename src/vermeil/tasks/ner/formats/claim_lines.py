"""Replies with one claim per line in any notation: "Ann: PER", "Ann - PER", "PER: Ann", "Ann, PER".

Only `lines` reads them.
"""

from __future__ import annotations

from vermeil.data.mention import Mention
from vermeil.tasks.label_names import fold
from vermeil.tasks.ner.formats.claims import accept_claims, is_no_surface, split_claim
from vermeil.tasks.ner.formats.prose import answer_lines
from vermeil.tasks.ner.reply_format import ParsedReply, Question

OUTSIDE = frozenset(("o", "other", "others", "none", "outside", "null", "-"))
"""Tags of words outside of all entities. Lines with such tags list words instead of claims."""


def parse_claim_lines(reply: str, question: Question) -> ParsedReply | None:
    """Return the claims of the lines; None if there are none, or if the lines tag every word."""
    mentions: list[Mention] = []
    others: list[str] = []
    for line in answer_lines(reply):
        claim = split_claim(line, question)
        if claim is not None:
            mentions.append(claim)
            continue
        tag = line.rpartition(":")[2] if ":" in line else line.rpartition(" ")[2]
        if fold(tag) in OUTSIDE and not is_no_surface(line):
            return None
        others.append(line)
    return accept_claims(mentions, others, 0, question) if mentions else None
