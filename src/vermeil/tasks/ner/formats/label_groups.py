"""Replies with entities below their label: headings with bullets, and "PER: Ann, Bo".

Formats of this kind are Markdown lists, YAML mappings from labels to lists, and the answers of the
NER tasks v1 and v2 of spacy-llm. Only `lines` reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vermeil.data.mention import Mention
from vermeil.tasks.ner.formats.claims import (
    accept_claims,
    is_no_surface,
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
_TITLE = re.compile(r"#{1,6} |\*\*[^*\n]{1,200}\*\*\W*$|__[^_\n]{1,200}__\W*$")
_BULLET = re.compile(r"(?:\d{1,4}[.)]|[-*•·‣▪◦+–—])\s{1,8}(?=\S)")
_NAMED = re.compile(r"([^:：\n]{1,120})[:：][*_`]{0,3}(?:\s+|$)|([^:：\n]{1,120})[:：][*_`]{0,3}")
_EQUATED = re.compile(r"([^:\n]{1,60}?) (?:=+>?|[-–—]+>?|→)()(?: |$)")
_NEXT_GROUP = re.compile(r"[,;|] ?(?=[^\s:,;|]{1,40}: ?[^\s,;|])")
_GLOSS = re.compile(r" [-–—]+ |: | = ")
_OTHER_LABEL = re.compile(r"[A-Z][A-Z_-]{1,30}")
"""A label that was not requested; other words before a colon are prose."""
_MAX_LINE = 4_000
_MAX_PLAIN = 5
"""Number of entities without bullet from which they may be the words of the text, one per line."""


@dataclass(slots=True)
class _LabelGroups:
    """The entities of a reply as far as it was read.

    Args:
        question: the request behind the reply.
        label: the label of the next lines; None if they have none.
        is_marked: whether its heading has a colon or markup; otherwise only bullets belong to it.
        mentions: the entities.
        plain: number of entities on lines without a bullet.
        empty: labels that have no entity.
        others: lines that are neither heading nor entity.
        malformed: number of entries without a claim.
    """

    question: Question
    label: str | None = None
    is_marked: bool = False
    mentions: list[Mention] = field(default_factory=list)
    plain: int = 0
    empty: set[str] = field(default_factory=set)
    others: list[str] = field(default_factory=list)
    malformed: int = 0

    def read_line(self, line: str) -> None:
        """Read one line: a heading, an entity below it, or other words."""
        is_bullet = _BULLET.match(line) is not None
        plain = _without_markup(line)
        if len(line) > _MAX_LINE:
            self.others.append(line)
            return
        is_entity = is_bullet and self.label is not None and occurs(plain, self.question.text)
        named = None if is_entity else _heading_of(plain, self.question)
        if named is not None:
            name, rest = named
            self.label = None if rest and not is_no_surface(rest) else name
            self.is_marked = plain != line.strip() or ":" in line
            self._read_rest(name, rest, line)
        elif self.label is None or (not is_bullet and not self.is_marked):
            self.others.append(line)
        elif plain.endswith((":", "：")) or _TITLE.match(line):
            self.label = None
            self.others.append(line)
        elif is_no_surface(plain) or means_no_entities(plain, self.question.labels):
            self.empty.add(self.label)
        else:
            surfaces = [] if is_bullet else split_surfaces(plain, self.question.text)
            if all(occurs(one, self.question.text) for one in surfaces):
                self.plain += len(surfaces)
                self._read_entities(plain, self.label, is_list=not is_bullet)
            else:
                self.others.append(line)

    def _read_rest(self, name: str, rest: str, line: str) -> None:
        """Read the words behind a heading on its line."""
        is_known = self.question.labels.of_heading(name) is not None
        if is_known and is_no_surface(rest):
            self.empty.add(name)
        elif is_known and rest:
            self._read_entities(rest, name, is_list=True)
        elif rest:
            surfaces = split_surfaces(rest, self.question.text)
            if all(occurs(one, self.question.text) for one in surfaces):
                self.mentions += [Mention(one, name) for one in surfaces]
            else:
                self.others.append(line)

    def _read_entities(self, words: str, label: str, is_list: bool) -> None:
        """Add the entities of a line, or count it.

        Args:
            words: the line without markup.
            label: their label.
            is_list: whether commas separate entities, also within a name of the text.
        """
        question, text = self.question, self.question.text
        gloss = _gloss(words, text)
        if is_rejection(words, question.labels) or is_rejection(gloss, question.labels):
            return
        if question.labels.normalise(gloss) not in (None, question.labels.normalise(label)):
            self.malformed += 1
            return
        surface = _surface_of_item(words, text)
        if surface is not None and (not is_list or "," not in surface):
            self.mentions.append(Mention(surface, label))
            return
        surfaces = split_surfaces(words, text)
        found = [one for one in surfaces if is_plausible(one, question)]
        if is_list or all(occurs(one, text) for one in surfaces):
            self.mentions += [Mention(one, label) for one in found]
            self.malformed += len(surfaces) - len(found) if found else 0
        elif is_plausible(words, question):
            self.mentions.append(Mention(clean_surface(words, text), label))
            return
        if not found:
            self.others.append(words)


def parse_groups(reply: str, question: Question) -> ParsedReply | None:
    """Return the entities below headings; None if the reply has none.

    A reply without entities means "no entities" only if it has nothing but every label of the label
    set, each with words such as "None".
    """
    groups = _LabelGroups(question)
    for line in answer_lines(reply):
        parts = _NEXT_GROUP.split(line) if len(line) <= _MAX_LINE else []
        several = len(parts) > 1 and all(_heading_of(part, question) for part in parts)
        for part in parts if several else [line]:
            groups.read_line(part)
    normalise = question.labels.normalise
    if any(normalise(one.label) is not None for one in groups.mentions):
        size = sum(len(one.surface) for one in groups.mentions)
        if groups.plain > _MAX_PLAIN and 2 * size > len(question.text):
            return None
        return accept_claims(groups.mentions, groups.others, groups.malformed, question)
    is_complete = len(groups.empty) == len(question.labels.names) and not groups.mentions
    return ParsedReply() if is_complete and not groups.others and not groups.malformed else None


def _heading_of(plain: str, question: Question) -> tuple[str, str] | None:
    """Return the label of a heading and the words after it; None if a line begins with none.

    The label is the one of the label set, or the words as written if they look like another label.
    """
    found = _NAMED.match(plain)
    if found is None:
        found = _EQUATED.match(plain)
    written = (found.group(1) or found.group(2)) if found is not None else plain
    written = written.strip(" *_`")
    rest = "" if found is None else plain[found.end() :].strip()
    before, inner = last_parenthesis(written)
    name = question.labels.of_heading(written)
    if found is None and inner and occurs(before, question.text):
        return None
    if name is None and question.labels.normalise(inner) is not None and before:
        name = inner if question.labels.normalise(before) is None else None
    if name is None and found is not None and _OTHER_LABEL.fullmatch(written):
        name = written
    return None if name is None else (name, rest)


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
