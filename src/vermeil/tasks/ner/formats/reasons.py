"""``1. Ann | True | a person's name (PER)``: candidates with a decision and its reason.

The format of GPT4NER (https://github.com/xszhong/GPT4NER): a teacher that has to give a reason for
every candidate rejects more of the wrong ones.
"""

from __future__ import annotations

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.prose import (
    abbreviation,
    answer_lines,
    clean_surface,
    last_parenthesis,
    means_no_entities,
    without_number,
)
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import MALFORMED, ParsedReply, Question

_INSTRUCTION = """\
Write one numbered line for each candidate, in the order of the text and once per time it occurs:
1. candidate | True | the reason (LABEL)
2. candidate | False | the reason
The candidate is copied exactly as it stands in the text; True says that it is an entity, and then \
the line ends with its label in parentheses, one of LABELS. If there is no candidate: No entities"""

_DECISIONS = {"true": True, "yes": True, "false": False, "no": False}


def instruction(labels: LabelSet) -> str:
    """Return the words that tell a teacher how to write its answer."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return one line per mark, on which the reason says only what is plain."""
    lines = [
        f"{number}. {' '.join(marked.surface(mark).split())} | True | it is one ({mark.label})"
        for number, mark in enumerate(marked.marks, 1)
    ]
    return "\n".join(lines) or "No entities"


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the candidates that were called entities.

    A reply in which all were rejected says that nothing is there; lines that decide nothing are
    passed over.
    """
    mentions: list[Mention] = []
    rejected, malformed = 0, 0
    lines = answer_lines(reply)
    for line in lines:
        cells = line.strip("|").split("|")
        decisions = (_DECISIONS.get(cell.strip().casefold()) for cell in cells[1:])
        number, decision = next(
            ((n, made) for n, made in enumerate(decisions, 1) if made is not None), (0, None)
        )
        if decision is None:
            continue
        if not decision:
            rejected += 1
            continue
        said = without_number("|".join(cells[:number]))
        surface = clean_surface(said, question.text)
        _, label = last_parenthesis("|".join(cells[number + 1 :]).strip())
        if not label and len(question.labels.names) == 1:
            label = question.labels.names[0]
        if surface and label:
            mentions.append(Mention(surface, label))
            if short := abbreviation(said, surface, question.text):
                mentions.append(Mention(short, label))
        else:
            malformed += 1
    if mentions or (rejected and not malformed):
        return ParsedReply(tuple(mentions), {MALFORMED: malformed} if malformed else {})
    return ParsedReply() if not malformed and any(map(means_no_entities, lines)) else None
