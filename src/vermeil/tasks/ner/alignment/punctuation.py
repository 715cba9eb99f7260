"""Punctuation at the ends of a located name: what belongs to the name and what to the sentence."""

from __future__ import annotations

import re
from functools import lru_cache

from vermeil.data.document import Range
from vermeil.data.words import split_words
from vermeil.tasks.ner.alignment.normalise import folded, has_content
from vermeil.tasks.ner.alignment.occurrences import is_whole_word

_INITIALS = re.compile(r"(?:\w\.)+\w")
_INNER_POINT = re.compile(r"(?:^|[^\w.])(?:[^\W\d_]{1,3}\.)+[^\W\d_]{1,3}\.$")
"""A word such as "U.S.", "S.p.A." or "Ph.D." at the end of a string."""
_ABBREVIATION = re.compile(
    r"(?:^|[^\w.])(?:Assn|Assoc|Ave|Bldg|Blvd|Bhd|Cie|Dept|Div|Esq|Hwy|Inst|Intl|Mfg|Mme|Mlle|Natl"
    r"|Nr|Pty|Pvt|Rd|Rte|Str|Ste|Sta|Univ|Ala|Ariz|Ark|Calif|Conn|Fla|Kans|Mich|Minn|Okla|Tenn"
    r"|Tex|Wis|Wyo)\.$"
)
"""Abbreviations within names that `split_words` separates from their full stop."""
_POINTS = ".…。．｡।۔"
_PAUSES = ",;:،؛、，；："
_BRACKETS = {")": "(", "]": "[", "}": "{", "”": "“", "»": "«", "）": "（", "」": "「"}
_BRACKET_MARKS = frozenset("()[]{}「」")
_QUOTE = "'"
"""The folded form of every quote."""
_CLITIC = re.compile(r"['’]s\b")
_POSSESSIVE = re.compile(r"\s?['’‘ʼʹ′`´][sS]$")
_SHORTEST_POSSESSOR = 2
"""Minimum length of a name without its possessive, in characters."""
_MAX_BLANKS = 2
"""Maximum number of blanks between a name and its bracket or quote."""
_MAX_MARKS = 20
"""Maximum number of punctuation marks at one end of a name."""
_CONTEXT = 40
"""Characters before a full stop that decide whether it belongs to a word."""


def without_sentence_punctuation(text: str, where: Range, has_capitals: bool = True) -> Range:
    """Return a range without the sentence's punctuation at its end.

    This is the full stop of the sentence, commas, colons, ellipses, and closing brackets and quotes
    without a partner in the range. The full stop of an abbreviation ("Inc.", "U.S.") stays, and so
    does one that is followed by a lower-case word, since no sentence ends there.

    Args:
        text: the text.
        where: the range of a name.
        has_capitals: whether sentences of the text begin with capitals.
    """
    start, end = where
    for _ in range(_MAX_MARKS):
        last = text[end - 1]
        first_point = end
        while first_point > start and text[first_point - 1] in _POINTS:
            first_point -= 1
        if first_point < end:
            if _has_own_point(text, start, first_point, end, has_capitals):
                end = first_point + 1
                break
            cut = first_point
        elif last in _PAUSES or last.isspace() or _is_unpaired(text[start:end], last):
            cut = end - 1
        else:
            break
        if not has_content(text[start:cut].strip()):
            break
        end = cut
    trimmed = (start, end)
    return trimmed if is_whole_word(text, trimmed) or not is_whole_word(text, where) else where


def with_punctuation(text: str, where: Range, surface: str) -> Range:
    """Return a range that was found by its letters, extended by its punctuation.

    This is the punctuation that the surface has at its ends ("Inc.", "(OTB)"), and the last point
    of an abbreviation ("U.S." for "US"). All quotes are alike, and blanks before brackets and
    quotes do not count. The range is not extended into a word or a combining sequence.

    Args:
        text: the text.
        where: the range of the letters.
        surface: the searched surface.
    """
    start, end = where
    head, tail = _keys(surface)
    if head:
        start -= _matching_length(text[max(0, start - _CONTEXT) : start][::-1], head[::-1])
    if text.startswith(".", end) and _INITIALS.fullmatch(text, start, end):
        end += 1
    elif tail:
        end += _matching_length(text[end : end + _CONTEXT], tail)
    splits_word = is_whole_word(text, where) and not is_whole_word(text, (start, end))
    return where if splits_word else (start, end)


def without_possessive(surface: str) -> str:
    """Return a surface without the ending of its possessive ("'s"); empty if it has none."""
    ending = _POSSESSIVE.search(surface.rstrip())
    name = surface[: ending.start()].strip() if ending else ""
    return name if len(name) >= _SHORTEST_POSSESSOR else ""


def _has_own_point(text: str, start: int, point: int, end: int, has_capitals: bool) -> bool:
    """Return whether the full stop at ``point`` belongs to the word before it."""
    if text[point] != "." or point == start or not text[point - 1].isalnum():
        return False
    before = text[max(start, point - _CONTEXT) : point + 1].rsplit(maxsplit=1)[-1]
    if _INNER_POINT.search(before) or _ABBREVIATION.search(before):
        return True
    first, last = split_words(before)[-1]
    if last - first > 1:
        return True
    if end > point + 1 or not has_capitals:
        return False
    following = text[end : end + _CONTEXT]
    word = following.lstrip()
    if _CLITIC.match(following) or word.startswith(tuple(_PAUSES)):
        return True
    return word != following and word[:1].islower()


def _is_unpaired(found: str, last: str) -> bool:
    """Return whether a string ends with a closing bracket or quote that it does not open."""
    if last == '"':
        return found.count(last) % 2 == 1
    opening = _BRACKETS.get(last)
    return opening is not None and found.count(last) > found.count(opening)


@lru_cache(maxsize=256)
def _keys(surface: str) -> tuple[str, str]:
    """Return the keys of the punctuation before the first and after the last letter or digit."""
    first = next((n for n, c in enumerate(surface) if c.isalnum()), 0)
    last = next((n for n, c in enumerate(reversed(surface)) if c.isalnum()), 0)
    tail = surface[len(surface) - last :]
    return _key(surface[max(0, first - _MAX_MARKS) : first]), _key(tail[:_MAX_MARKS])


def _key(punctuation: str) -> str:
    """Return punctuation without blanks, with all quotes alike and each run of quotes as one."""
    plain = "".join(folded(punctuation).text.split())
    return re.sub(f"{_QUOTE}+", _QUOTE, plain)


def _matching_length(text: str, key: str) -> int:
    """Return the length of the beginning of a text with this punctuation, as far as it agrees."""
    position = 0
    for wanted in key:
        first = position
        if wanted == _QUOTE or wanted in _BRACKET_MARKS:
            blanks = len(text) - position - len(text[position:].lstrip(" \u00a0"))
            first += blanks if blanks <= _MAX_BLANKS else 0
        stop = first
        while stop < len(text) and folded(text[stop]).text == wanted:
            stop += 1
            if wanted != _QUOTE:
                break
        if stop == first:
            break
        position = stop
    return position
