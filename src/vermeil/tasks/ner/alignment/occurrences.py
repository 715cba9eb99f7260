"""Where a string stands in a view of a text, whole words only; and where it stands within words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from vermeil.data.document import Range
from vermeil.tasks.ner.alignment.normalise import NormalisedText, is_combining, raw

_WITHOUT_SPACES = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # ideographic iteration mark, closing mark and zero
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3100, 0x312F),  # Bopomofo
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),  # Han, compatibility
    (0xFF66, 0xFF9D),  # Katakana, half width
    (0x20000, 0x3FFFF),  # Han, further planes
)
"""Code points of scripts that are written without spaces between words."""

_HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF))
_SEMITIC = ((0x0590, 0x06FF), (0x0750, 0x077F), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFC))
_JOINERS = "\u00ad\u200c\u200d\u2060\ufeff"
"""Characters that are no part of a word, but do not end it either."""

_ABBREVIATION = re.compile(r"(?:\w\.)+\w")
_PARTICLE = 3
"""Letters that at most are written together with a name: prepositions, articles, case."""


def find_occurrences(text: str, surface: str) -> list[Range]:
    """Return every range where ``surface`` stands in ``text`` as whole words, in order.

    Both ends must be word boundaries: "US" does not stand in "bus". Places may overlap each other
    ("A A" stands twice in "A A A").
    """
    return [place for place in find_substring(raw(text), surface) if is_whole_word(text, place)]


def find_substring(normalised: NormalisedText, needle: str) -> Iterator[Range]:
    """Yield every range of the source where ``needle`` stands in a view, word boundary or not."""
    start = normalised.text.find(needle) if needle else -1
    while start >= 0:
        place = normalised.to_source_range(start, start + len(needle))
        if place is not None:
            yield place
        start = normalised.text.find(needle, start + 1)


def is_whole_word(text: str, place: Range) -> bool:
    """Whether a range begins and ends at word boundaries."""
    return is_boundary(text, place[0]) and is_boundary(text, place[1])


def is_boundary(text: str, position: int) -> bool:
    """Whether a word may begin or end between ``text[position - 1]`` and ``text[position]``.

    Not between two letters or digits, unless one belongs to a script without spaces; a soft hyphen
    or joiner between them does not part them. And never within a combining sequence.
    """
    if position in (0, len(text)):
        return True
    before, after = text[position - 1], text[position]
    if before.isascii() and after.isascii():
        return not (before.isalnum() and after.isalnum())
    if is_combining(after) or "\u200d" in (before, after):
        return False
    before, after = _neighbours(text, position)
    if not (_is_word(before) and _is_word(after)):
        return True
    return is_unspaced_script(before) or is_unspaced_script(after)


def is_attached(text: str, place: Range) -> bool:
    """Whether a range is a word but for particles that its script writes together with it.

    Hangul has them behind a word, Arabic and Hebrew on both sides; at most three letters each.
    """
    start, end = place
    first, last = start, end
    while not is_boundary(text, first) and start - first <= _PARTICLE:
        first -= 1
    while not is_boundary(text, last) and last - end <= _PARTICLE:
        last += 1
    if start - first > _PARTICLE or last - end > _PARTICLE or end - start < 2:
        return False
    scripts = _SEMITIC if first < start else (*_SEMITIC, *_HANGUL)
    return all(_is_in(c, scripts) for c in text[first:last] if _is_word(c))


def with_punctuation(text: str, place: Range, surface: str) -> Range:
    """Return a place that was found by its letters with the punctuation that belongs to it.

    That is what the surface has at its ends, too ("Inc."), and the last point of an abbreviation
    ("U.S." for "US"). A mark that combines with the letter before it does not belong.
    """
    start, end = place
    first = next((n for n, c in enumerate(surface) if c.isalnum()), 0)
    last = next((n for n, c in enumerate(reversed(surface)) if c.isalnum()), 0)
    head, tail = surface[:first].strip(), surface[len(surface) - last :].strip()
    if head and text.endswith(head, 0, start):
        start -= len(head)
    is_cut = text.startswith(".", end) and _ABBREVIATION.fullmatch(text, start, end)
    if is_cut:
        end += 1
    elif tail and text.startswith(tail, end):
        end += len(tail)
    is_cut_off = is_whole_word(text, place) and not is_whole_word(text, (start, end))
    return place if is_cut_off else (start, end)


def _neighbours(text: str, position: int) -> tuple[str, str]:
    first, last = position - 1, position
    while first > 0 and text[first] in _JOINERS:
        first -= 1
    while last < len(text) - 1 and text[last] in _JOINERS:
        last += 1
    return text[first], text[last]


def _is_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def is_unspaced_script(character: str) -> bool:
    """Whether a character belongs to a script that is written without spaces between words."""
    return _is_in(character, _WITHOUT_SPACES)


def _is_in(character: str, ranges: tuple[Range, ...]) -> bool:
    code = ord(character)
    return code >= ranges[0][0] and any(first <= code <= last for first, last in ranges)
