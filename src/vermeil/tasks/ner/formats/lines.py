"""``Ann (PER)``: one entity per line."""

from __future__ import annotations

import re

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.prose import (
    abbreviation,
    answer_lines,
    clean_surface,
    last_parenthesis,
    means_no_entities,
)
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_INSTRUCTION = """\
Write one line for each entity, in the order of the text and once per time it occurs: the entity, \
copied exactly as it stands in the text, and its label in parentheses, one of LABELS:
entity (LABEL)
If there is none: No entities"""

_LABEL_LIKE = re.compile(r"[^\W\d_][\w /&-]{0,40}")
_REJECTION = re.compile(r"(?:no|not|none|non)\b.*", re.IGNORECASE | re.DOTALL)
_MAX_LABEL_WORDS = 4
"""Words that a label may have; what is longer is an explanation."""


def instruction(labels: LabelSet) -> str:
    """Return the words that tell a teacher how to write its answer."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return one line per mark; a surface's own line breaks become spaces."""
    lines = [f"{' '.join(marked.surface(m).split())} ({m.label})" for m in marked.marks]
    return "\n".join(lines) or "No entities"


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return what the lines say; the note ``other_lines`` numbers those that name no entity.

    At least one line must have a label that was asked for; or else no line may be anything but an
    entity, and one of them must stand in the text.
    """
    lines = answer_lines(reply)
    mentions: list[Mention] = []
    shorts: list[Mention] = []
    known, rejected = 0, 0
    for line in lines:
        said, label = last_parenthesis(line)
        surface = clean_surface(said, question.text)
        is_known = question.labels.normalise(label) is not None
        if not surface:
            continue
        if is_known or _is_label(label):
            mentions.append(Mention(surface, label))
            known += is_known
            if short := abbreviation(said, surface, question.text):
                shorts.append(Mention(short, label))
        elif _REJECTION.fullmatch(label):
            rejected += 1
    others = len(lines) - len(mentions) - rejected
    stands = any(mention.surface in question.text for mention in mentions)
    if known or (stands and not others):
        return ParsedReply((*mentions, *shorts), {"other_lines": others} if others else {})
    said_none = sum(map(means_no_entities, lines))
    return (
        ParsedReply() if said_none + rejected and not mentions and not _has_prose(lines) else None
    )


def _is_label(label: str) -> bool:
    """Whether it may be a label, though none that was asked for."""
    is_short = len(label.split()) <= _MAX_LABEL_WORDS and _LABEL_LIKE.fullmatch(label) is not None
    return is_short and not _REJECTION.fullmatch(label)


def _has_prose(lines: list[str]) -> bool:
    """Whether a line is neither a heading nor a way to say that nothing is there."""
    said = ((line, last_parenthesis(line)[1]) for line in lines)
    return any(
        not (line.endswith(":") or means_no_entities(line) or _REJECTION.fullmatch(inner))
        for line, inner in said
    )
