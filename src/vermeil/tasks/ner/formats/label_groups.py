"""Replies with entities below their label: headings with bullets, and "PER: Ann, Bo".

Formats of this kind are Markdown lists, YAML mappings from labels to lists, and the answers of the
NER tasks v1 and v2 of spacy-llm. Only `detect` reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vermeil.data.mention import Mention
from vermeil.tasks.ner.formats.claims import (
    accept_claims,
    is_no_surface,
    is_placeholder_claim,
    is_plausible,
    occurs,
    split_surfaces,
)
from vermeil.tasks.ner.formats.prose import (
    answer_lines,
    clean_surface,
    is_rejection,
    last_parenthesis,
    means_no_entities,
    without_number,
)
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_MARKUP = re.compile(r"(?:[>#]{1,6} ?|\* ?(?=\*\*)|[+–—•·‣▪◦] ?){1,4}")
_BULLET = re.compile(r"(?:\d{1,4}[.)]|[-*•·‣▪◦+–—])\s{1,8}(?=\S)")
_NAMED = re.compile(r"([^:：\n]{1,120})[:：][*_`]{0,3}(?:\s+|$)|([^:：\n]{1,120})[:：][*_`]{0,3}")
_GLOSS = re.compile(r" [-–—]+ |: | = ")
_MAX_LINE = 4_000


@dataclass(slots=True)
class _Groups:
    """The entities of a reply as far as it was read.

    Args:
        mentions: the entities.
        empty: labels that have no entity.
        others: lines that are neither heading nor entity.
        malformed: number of entries without a claim.
    """

    mentions: list[Mention] = field(default_factory=list)
    empty: set[str] = field(default_factory=set)
    others: list[str] = field(default_factory=list)
    malformed: int = 0


def parse_groups(reply: str, question: Question) -> ParsedReply | None:
    """Return the entities below headings; None if the reply has none.

    A reply without entities means "no entities" only if it has nothing but every label of the label
    set, each with words such as "None".
    """
    groups = _Groups()
    label: str | None = None
    for line in answer_lines(reply):
        label = _read_line(line, label, groups, question)
    if groups.mentions:
        return accept_claims(groups.mentions, groups.others, groups.malformed, question)
    is_complete = len(groups.empty) == len(question.labels.names)
    return ParsedReply() if is_complete and not groups.others and not groups.malformed else None


def _read_line(line: str, label: str | None, groups: _Groups, question: Question) -> str | None:
    """Read one line below a label; return the label of the next line."""
    if len(line) > _MAX_LINE:
        groups.others.append(line)
        return label
    is_bullet = _BULLET.match(line) is not None
    plain = _without_markup(line)
    is_entity = is_bullet and label is not None and occurs(plain, question.text)
    named = None if is_entity else _heading_of(plain, question)
    if named is not None:
        name, rest = named
        if is_no_surface(rest):
            groups.empty.add(name)
        elif rest:
            _read_entities(rest, name, groups, question, is_list=True)
        return name
    if label is None:
        groups.others.append(line)
    elif is_no_surface(plain) or means_no_entities(plain, question.labels):
        groups.empty.add(label)
    else:
        _read_entities(plain, label, groups, question, is_list=not is_bullet)
    return label


def _heading_of(plain: str, question: Question) -> tuple[str, str] | None:
    """Return the label of a heading and the words after it; None if a line begins with none."""
    found = _NAMED.match(plain)
    if found is not None:
        name = question.labels.of_heading((found.group(1) or found.group(2)).strip(" *_`"))
        return None if name is None else (name, plain[found.end() :].strip())
    before, inner = last_parenthesis(plain)
    if inner and occurs(before, question.text):
        return None
    name = question.labels.of_heading(plain.strip(" *_`"))
    return None if name is None else (name, "")


def _read_entities(
    words: str, label: str, groups: _Groups, question: Question, is_list: bool
) -> None:
    """Add the entities of a line, or count it.

    Args:
        words: the line without markup.
        label: their label.
        groups: the entities so far.
        question: the request behind the reply.
        is_list: whether commas separate entities, also within a name of the text.
    """
    text = question.text
    if is_rejection(words, question.labels) or is_placeholder_claim(words, text):
        return
    gloss = _gloss(words, text)
    if is_rejection(gloss, question.labels):
        return
    if question.labels.normalise(gloss) not in (None, label):
        groups.malformed += 1
        return
    surface = _surface_of_item(words, text)
    if surface is not None and (not is_list or "," not in surface):
        groups.mentions.append(Mention(surface, label))
        return
    surfaces = split_surfaces(words, text)
    if is_list or all(occurs(one, text) for one in surfaces):
        found = [one for one in surfaces if is_plausible(one, question)]
        if found:
            groups.mentions += [Mention(one, label) for one in found]
            groups.malformed += len(surfaces) - len(found)
            return
    elif is_plausible(words, question):
        groups.mentions.append(Mention(clean_surface(words, text), label))
        return
    groups.others.append(words)


def _gloss(words: str, text: str) -> str:
    """Return the words behind the surface of an entry: in parentheses, or after a dash or colon."""
    if occurs(words, text):
        return ""
    gloss = last_parenthesis(words)[1]
    found = _GLOSS.search(words)
    return gloss or ("" if found is None else words[found.end() :])


def _surface_of_item(words: str, text: str) -> str | None:
    """Return the surface of an entry with an optional gloss; None if it occurs nowhere."""
    forms = [words, clean_surface(words, text)]
    if gloss_at := _GLOSS.search(words):
        forms.append(clean_surface(words[: gloss_at.start()].strip(" *_`"), text))
    return next((one for one in forms if occurs(one, text)), None)


def _without_markup(line: str) -> str:
    """Return a line without list marks, heading marks and emphasis at its ends."""
    plain = line.strip()
    if markup := _MARKUP.match(plain):
        plain = plain[markup.end() :]
    plain = without_number(plain)
    if plain.startswith(("**", "__")) or plain.endswith(("**", "__")):
        plain = plain.replace("**", "").replace("__", "")
    return plain.strip(" \t*_`") if plain.strip(" \t*_`") else plain
