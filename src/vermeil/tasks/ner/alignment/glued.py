"""Names that are glued to other words without a blank: "Bayern" in "FCBayern", "IBM" in "IBMs"."""

from __future__ import annotations

from vermeil.data.document import Range
from vermeil.tasks.ner.alignment.occurrences import is_boundary

_SHORTEST_NAME = 5
"""Minimum length of a name with a capital and small letters, in characters."""
_SHORTEST_INFLECTED = 6
"""Minimum length of such a name before a glued "s": "Roger" is another name than "Rogers"."""
_SHORTEST_ACRONYM = 3
"""Minimum length of a name in capitals."""
_NAME_PREFIXES = frozenset(
    [
        "mc",
        "mac",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "fitz",
        "la",
        "las",
        "le",
        "les",
        "los",
        "san",
        "santa",
        "saint",
        "st",
        "te",
        "ten",
        "ter",
        "van",
        "von",
        "i",
        "e",
    ]
)
"""Parts before a capital that belong to the name: "McDonald" does not hold the name "Donald"."""
_LONGEST_PREFIX = 6


def is_glued_name(text: str, where: Range) -> bool:
    """Return whether a range within a word is a name that was glued to its neighbours.

    A change of case shows where the name begins ("FC|Bayern", "ex|IBM") and ends ("Bayern|Fan"). A
    final "s" may follow a name ("IBMs", "Bayerns"). The name must be so long that the agreement is
    no accident.

    Args:
        text: the text.
        where: the range of the name, with the same letters and case as in the reply.
    """
    start, end = where
    name = text[start:end]
    is_acronym = name.isupper() and name.isalnum()
    if not name[:1].isupper() or not name[-1:].isalpha():
        return False
    if len(name) < (_SHORTEST_ACRONYM if is_acronym else _SHORTEST_NAME):
        return False
    if not is_boundary(text, start) and not _begins_at_seam(text, start):
        return False
    if is_boundary(text, end):
        return True
    if text[end] == "s" and is_boundary(text, end + 1):
        return is_acronym or len(name) >= _SHORTEST_INFLECTED
    return _ends_at_seam(text, end, is_acronym)


def _begins_at_seam(text: str, start: int) -> bool:
    """Return whether the case changes before a name that begins with a capital."""
    before = text[start - 1]
    if before.isupper():
        return text[start + 1 : start + 2].islower()
    if not before.islower():
        return False
    first = start - 1
    while first > 0 and start - first <= _LONGEST_PREFIX and not is_boundary(text, first):
        if text[first].isupper():
            break
        first -= 1
    return text[first:start].casefold() not in _NAME_PREFIXES


def _ends_at_seam(text: str, end: int, is_acronym: bool) -> bool:
    """Return whether the case changes after a name, so that another word begins there."""
    if not text[end].isupper():
        return False
    is_capitalised = text[end + 1 : end + 2].islower()
    return is_capitalised if is_acronym else text[end - 1].islower()
