"""Format lines, ``Ann (PER)``: one entity per line."""

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
"""Maximum number of words of a label; longer strings are explanations."""


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return one line per mark; line breaks in surfaces become spaces."""
    lines = [f"{' '.join(marked.surface(m).split())} ({m.label})" for m in marked.marks]
    return "\n".join(lines) or "No entities"


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the entities of the lines; the note ``other_lines`` counts lines without an entity.

    At least one line must have a requested label. Otherwise, every line must be an entity, and at
    least one of them must occur in the text.
    """
    lines = answer_lines(reply)
    mentions: list[Mention] = []
    shorts: list[Mention] = []
    known, rejected = 0, 0
    for line in lines:
        written, label = last_parenthesis(line)
        surface = clean_surface(written, question.text)
        is_known = question.labels.normalise(label) is not None
        if not surface:
            continue
        if is_known or _is_label(label):
            mentions.append(Mention(surface, label))
            known += is_known
            if short := abbreviation(written, surface, question.text):
                shorts.append(Mention(short, label))
        elif _REJECTION.fullmatch(label):
            rejected += 1
    others = len(lines) - len(mentions) - rejected
    is_in_text = any(mention.surface in question.text for mention in mentions)
    if known or (is_in_text and not others):
        return ParsedReply((*mentions, *shorts), {"other_lines": others} if others else {})
    means_none = rejected or any(map(means_no_entities, lines))
    return ParsedReply() if means_none and not mentions and not _has_prose(lines) else None


def _is_label(label: str) -> bool:
    """Return whether a string looks like a label, even if it was not requested."""
    is_short = len(label.split()) <= _MAX_LABEL_WORDS and _LABEL_LIKE.fullmatch(label) is not None
    return is_short and not _REJECTION.fullmatch(label)


def _has_prose(lines: list[str]) -> bool:
    """Return whether any line is neither a heading nor a statement without entities."""
    pairs = ((line, last_parenthesis(line)[1]) for line in lines)
    return any(
        not (line.endswith(":") or means_no_entities(line) or _REJECTION.fullmatch(inner))
        for line, inner in pairs
    )
