"""Format reasons, ``1. Ann | True | a person's name (PER)``: candidates with decision and reason.

The format of GPT4NER (https://github.com/xszhong/GPT4NER): a teacher that must give a reason for
every candidate rejects more wrong ones.
"""

from __future__ import annotations

import re

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.lines import parse_no_entities
from vermeil.tasks.ner.formats.prose import (
    abbreviation,
    answer_lines,
    clean_surface,
    last_parenthesis,
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
_PARENTHESIS = re.compile(r"\(([^()]{1,120})\)")
_IN_PARENTHESES = re.compile(r"\((true|yes|false|no)\)[ \t]*[|:–—-]", re.IGNORECASE)
"""A decision behind the candidate and the separator after it: ``Ann (True) | a person (PER)``."""


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return one line per mark, with a minimal reason."""
    lines = [
        f"{number}. {' '.join(marked.surface(mark).split())} | True | it is one ({mark.label})"
        for number, mark in enumerate(marked.marks, 1)
    ]
    return "\n".join(lines) or "No entities"


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the accepted candidates.

    A reply that rejects all candidates means that there are no entities. Lines without a decision
    are ignored if there is any candidate.
    """
    mentions: list[Mention] = []
    rejected, malformed = 0, 0
    lines = answer_lines(reply)
    for line in lines:
        cells, number, decision = _decision(line)
        if decision is None:
            cells, number, decision = _decision(_IN_PARENTHESES.sub(r" | \1 | ", line, count=1))
        if decision is None:
            continue
        if not decision:
            rejected += 1
            continue
        written = without_number("|".join(cells[:number]))
        surface = clean_surface(written, question.text)
        label = _label(cells[number + 1 :], question)
        if surface and label:
            mentions.append(Mention(surface, label))
            if short := abbreviation(written, surface, question.text):
                mentions.append(Mention(short, label))
        else:
            malformed += 1
    if mentions or (rejected and not malformed):
        return ParsedReply(tuple(mentions), {MALFORMED: malformed} if malformed else {})
    return None if malformed else parse_no_entities(reply, question)


def _label(cells: list[str], question: Question) -> str:
    """Return the label in the cells behind a decision; empty if it is missing or not clear.

    It is a cell of its own ("True | PER | reason", as in the NER task v3 of spacy-llm), the last
    parenthesis, or the only label in parentheses within the reason.
    """
    normalise = question.labels.normalise
    own = next((cell.strip() for cell in cells if normalise(cell) is not None), "")
    _, last = last_parenthesis("|".join(cells).strip())
    if own or last:
        return own if own and (not last or normalise(last) is None) else last
    within = [one.strip() for cell in cells for one in _PARENTHESIS.findall(cell)]
    named: dict[str, str] = {name: one for one in within if (name := normalise(one)) is not None}
    if len(named) == 1:
        return next(iter(named.values()))
    return question.labels.names[0] if len(question.labels.names) == 1 else ""


def _decision(line: str) -> tuple[list[str], int, bool | None]:
    """Return the cells of a line, the number of the first cell with a decision, and the decision.

    The decision is None if no cell but the first holds one.
    """
    cells = line.strip("|").split("|")
    for number, cell in enumerate(cells[1:], 1):
        decision = _DECISIONS.get(cell.strip().casefold())
        if decision is not None:
            return cells, number, decision
    return cells, 0, None
