"""Format lines, ``Ann (PER)``: one entity per line."""

from __future__ import annotations

import re

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.claim_lines import parse_claim_lines
from vermeil.tasks.ner.formats.claims import OTHER_LINES, claims_of, occurs
from vermeil.tasks.ner.formats.label_groups import parse_groups
from vermeil.tasks.ner.formats.prose import (
    abbreviation,
    answer_lines,
    clean_surface,
    has_prose,
    is_answer_line,
    is_rejection,
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
    lines = [part for line in answer_lines(reply) for part in claims_of(line, question)]
    mentions: list[Mention] = []
    shorts: list[Mention] = []
    known, rejected = 0, 0
    for line in lines:
        written, label = last_parenthesis(line)
        surface = clean_surface(written, question.text)
        if ": " in surface and not occurs(surface, question.text):  # "Entities: Ann (PER)"
            after = surface.rpartition(": ")[2].strip()
            surface = after if occurs(after, question.text) else surface
        is_known = question.labels.normalise(label) is not None
        if not surface:
            continue
        if is_known or _is_label(label, question.labels):
            mentions.append(Mention(surface, label))
            known += is_known
            if short := abbreviation(written, surface, question.text):
                shorts.append(Mention(short, label))
        elif is_rejection(label, question.labels):
            rejected += 1
    others = len(lines) - len(mentions) - rejected
    is_in_text = any(mention.surface in question.text for mention in mentions)
    normalise = question.labels.normalise
    own = [one for one in mentions if normalise(one.label) is not None]
    is_certain = any(one.surface in question.text for one in own) and others <= len(own)
    is_answer = known or (is_in_text and not others)
    if not is_certain:  # the lines may be headings: "## People (PER)"
        claimed = parse_groups(reply, question) or parse_claim_lines(reply, question)
        if claimed is not None and (not own or len(claimed.mentions) > len(own)):
            return claimed
    if is_answer:
        return ParsedReply((*mentions, *shorts), {OTHER_LINES: others} if others else {})
    if mentions:
        return None
    if rejected and not has_prose(lines, question.labels):
        return ParsedReply()
    return parse_no_entities(reply, question)


def _is_label(label: str, labels: LabelSet) -> bool:
    """Return whether a string looks like a label, even if it was not requested."""
    is_short = len(label.split()) <= _MAX_LABEL_WORDS and _LABEL_LIKE.fullmatch(label) is not None
    return is_short and not is_rejection(label, labels)


def parse_no_entities(reply: str, question: Question) -> ParsedReply | None:
    """Return an empty answer if the lines state it and no line contradicts it.

    The lines before a last line that begins with "Answer:" are reasoning.
    """
    lines = answer_lines(reply)
    if is_answer_line(reply):
        lines = lines[-1:]
    means_none = any(means_no_entities(line, question.labels) for line in lines)
    return ParsedReply() if means_none and not has_prose(lines, question.labels) else None
