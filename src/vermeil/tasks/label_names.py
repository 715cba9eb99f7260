"""Comparison of written labels with the names, aliases and descriptions of a label set.

The comparison has three steps; the first one with a result decides:

1. The name or alias, without regard to case and the amount of white space.
2. Also without regard to blanks, underscores, hyphens, slashes, and markup or punctuation around
   it: "town name" and "Town-Name." are ``town_name``.
3. The name with an addition: its description, another of its names, a number, or a comment in
   parentheses ("PER (people)", "PER - person", "PERSON (PER)").

A form that several labels share names none of them. An addition that names another label, or that
expresses doubt, leaves the label unknown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_MAX_LABEL = 1000
"""Maximum number of characters of a written label."""
_MAX_SPLITS = 4
_MAX_REMEMBERED = 2_000
"""Maximum number of stored results; they are dropped when it is reached."""
_CLOSING = " \t\r\n\"'`*_.,;:!<>[]{}|“”‘’«»"
_OPENING = _CLOSING + "#-–—•"
_BETWEEN = re.compile(r"(?<=[^\W_])[\s_\-‐-―/]+(?=[^\W_])")
_ADDITION = re.compile(r" ?([(\[])| [-–—]+ | ?[:=→|] ?|, ")
_NUMBER = re.compile(r"[\d.,%\s]*")
_WORD = re.compile(r"[^\W_][\w&'’-]*")
_DOUBT = re.compile(
    r"\?|\b(?:not?|non|none|never|neither|nor|or|either|maybe|perhaps|possibl[ey]|probabl[ey]"
    r"|likely|presumably|unclear|uncertain|unsure|unknown|doubtful|questionable|except|rejected"
    r"|excluded|invalid|incorrect|wrong|false|could|might|may)\b|n['’]t\b",
    re.IGNORECASE,
)
_KIND = r"(?:labels?|types?|categor(?:y|ies)|class(?:es)?|tags?|groups?|kind)"
_LEAD = re.compile(
    rf"(?:(?:the )?(?:list of |(?:named )?entit(?:y|ies)(?: of)? )?{_KIND}[ :=]{{1,3}}"
    r"|(?:list of|(?:named )?entities:?|all|named|the) )",
    re.IGNORECASE,
)
_TAIL = re.compile(r" (?:named )?(?:entit(?:y|ies)|names?|mentions?|labels?)", re.IGNORECASE)
_MAX_HEADING = 120
_MIN_ABBREVIATION = 2


def fold(label: str) -> str:
    """Return the comparison form of a label: case-folded, with normalised white space."""
    return " ".join(label.split()).casefold()


def compact(label: str) -> str:
    """Return the loose comparison form: also without separators, and without marks around it."""
    return _BETWEEN.sub("", _without_marks(unicodedata.normalize("NFKC", label))).casefold()


class LabelNames:
    """The written forms of a label set.

    Args:
        folded: label of each name and alias; keys are folded by `fold`.
        descriptions: the description of each label; may be empty.
    """

    __slots__ = ("_compact", "_descriptions", "_folded", "_found", "_headings", "_plurals")

    def __init__(self, folded: Mapping[str, str], descriptions: Mapping[str, str]) -> None:
        self._folded = dict(folded)
        self._descriptions = {name: fold(words) for name, words in descriptions.items()}
        self._found: dict[str, str | None] = {}
        self._headings: dict[str, str | None] = {}
        self._compact: dict[str, str | None] = {}
        self._plurals: dict[str, str | None] = {}
        for alias, name in folded.items():
            form = compact(alias)
            if form:
                _add(self._compact, form, name)
                for plural in _plurals(form):
                    _add(self._plurals, plural, name)

    def find(self, label: str) -> str | None:
        """Return the label with this name, alias or description; None if it is not clear."""
        if len(label) > _MAX_HEADING:
            return self._find(label)
        found = self._found.get(label, "")
        if found != "":
            return found
        found = self._find(label)
        _remember(self._found, label, found)
        return found

    def _find(self, label: str) -> str | None:
        exact = self._folded.get(fold(label))
        if exact is not None or len(label) > _MAX_LABEL:
            return exact
        form = compact(label)
        if form in self._compact:
            return self._compact[form]
        return self._with_addition(" ".join(label.split()))

    def find_heading(self, words: str) -> str | None:
        """Return the label of a heading, such as "Persons", "PER entities" or "Type: PER"."""
        if len(words) > _MAX_HEADING:
            return None
        found = self._headings.get(words, "")
        if found != "":
            return found
        found = self._find_heading(words)
        _remember(self._headings, words, found)
        return found

    def _find_heading(self, words: str) -> str | None:
        plain = " ".join(words.split()).strip(" *_:#")
        ends = [*_TAIL.finditer(plain)]
        shorter = plain[: ends[-1].start()] if ends and ends[-1].end() == len(plain) else plain
        lead = _LEAD.match(plain)
        for form in (plain, shorter, shorter if lead is None else shorter[lead.end() :]):
            found = self.find(form) or self._plurals.get(compact(form))
            found = found or self._with_addition(form, plural=True)
            if found is not None:
                return found
        return None

    def _known(self, label: str) -> str | None:
        return self._folded.get(fold(label)) or self._compact.get(compact(label))

    def _with_addition(self, label: str, plural: bool = False) -> str | None:
        """Return the label of a name with an addition behind it, or of a word before the name."""
        splits = list(_ADDITION.finditer(label))[:_MAX_SPLITS]
        for split in splits:
            head, rest = label[: split.start()], label[split.end() :]
            in_parentheses = split.group(1) is not None
            rest = rest.rstrip(_CLOSING + "()") if in_parentheses else rest
            name = self._known(head) or (self._plurals.get(compact(head)) if plural else None)
            if name is not None:
                return name if self._is_addition(name, rest, in_parentheses) else None
            name = self._known(rest) if in_parentheses else None
            if name is not None and self._is_long_form(head, name):
                return name
        return None

    def _is_addition(self, name: str, words: str, in_parentheses: bool) -> bool:
        """Return whether words describe a label, and neither another one nor a doubt."""
        plain = _without_marks(words)
        if _NUMBER.fullmatch(plain) or self._known(plain) == name:
            return True
        if self._is_described(name, plain):
            return True
        others = {self._known(word) for word in _WORD.findall(plain)} - {None, name}
        if others or self._known(plain) is not None or _DOUBT.search(words):
            return False
        return in_parentheses

    def _is_described(self, name: str, words: str) -> bool:
        """Return whether words are the description of a label or its first words."""
        form, description = fold(_without_marks(words)), self._descriptions[name]
        rest = description.removeprefix(form)
        return len(form) > 1 and rest != description and not rest[:1].isalnum()

    def _is_long_form(self, words: str, name: str) -> bool:
        """Return whether a label's name abbreviates these words, or they begin its description."""
        form, short = compact(words), compact(name)
        if len(form) <= len(short) or len(short) < _MIN_ABBREVIATION:
            return False
        initials = "".join(word[0] for word in re.split(r"[\s_\-/]+", words) if word).casefold()
        is_abbreviated = initials == short or (form.startswith(short) and form.isalpha())
        return is_abbreviated or self._is_described(name, words)


def _remember(found: dict[str, str | None], words: str, label: str | None) -> None:
    """Store a result of a comparison; replies repeat their labels."""
    if len(found) >= _MAX_REMEMBERED:
        found.clear()
    found[words] = label


def _without_marks(words: str) -> str:
    """Return words without the markup, quotes and punctuation around them."""
    return words.lstrip(_OPENING).rstrip(_CLOSING)


def _add(forms: dict[str, str | None], form: str, name: str) -> None:
    """Add a form of a label; a form of several labels names none."""
    forms[form] = name if forms.get(form, name) == name else None


def _plurals(form: str) -> tuple[str, ...]:
    regular = (f"{form}s", f"{form}es")
    return (*regular, f"{form[:-1]}ies") if form.endswith("y") else regular
