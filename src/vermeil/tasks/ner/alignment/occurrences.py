"""Occurrences of a string in a text, and word boundaries."""

from __future__ import annotations

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
"""Code points of scripts without spaces between words."""

_HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF))
_SEMITIC = ((0x0590, 0x06FF), (0x0750, 0x077F), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFC))
_JOINERS = "\u00ad\u200c\u200d\u2060\ufeff"
"""Characters that do not belong to a word and do not end it either."""

_LONGEST_OVERLAPPING = 100
"""Maximum length of strings whose occurrences may overlap, in characters."""

_PARTICLE = 3
"""Maximum length of particles attached to a name: prepositions, articles, case endings."""


def find_occurrences(text: str, surface: str) -> list[Range]:
    """Return every range where ``surface`` occurs in ``text`` as whole words, in order.

    Both ends must be word boundaries: "US" does not occur in "bus". Occurrences may overlap ("A A"
    occurs twice in "A A A").
    """
    return [found for found in find_substring(raw(text), surface) if is_whole_word(text, found)]


def find_substring(normalised: NormalisedText, needle: str) -> Iterator[Range]:
    """Yield the source range of every occurrence of ``needle`` in a normalised text.

    Word boundaries are not required. Occurrences of a long string do not overlap: in a repetitive
    text the number of characters in all occurrences would grow with the square of its length.
    """
    step = 1 if len(needle) <= _LONGEST_OVERLAPPING else len(needle)
    start = normalised.text.find(needle) if needle else -1
    while start >= 0:
        source = normalised.to_source_range(start, start + len(needle))
        if source is not None:
            yield source
        start = normalised.text.find(needle, start + step)


def is_whole_word(text: str, where: Range) -> bool:
    """Return whether a range begins and ends at word boundaries."""
    return is_boundary(text, where[0]) and is_boundary(text, where[1])


def is_boundary(text: str, position: int) -> bool:
    """Return whether a word may begin or end between ``position - 1`` and ``position``.

    There is no boundary between two letters or digits, unless one belongs to a script without
    spaces. Soft hyphens and joiners between them are ignored. There is never a boundary within a
    combining sequence.
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


def is_attached(text: str, where: Range) -> bool:
    """Return whether a range is a word apart from particles that its script attaches to words.

    Hangul attaches them after a word, Arabic and Hebrew on both sides; at most three letters each.
    """
    start, end = where
    first, last = start, end
    while not is_boundary(text, first) and start - first <= _PARTICLE:
        first -= 1
    while not is_boundary(text, last) and last - end <= _PARTICLE:
        last += 1
    if start - first > _PARTICLE or last - end > _PARTICLE or end - start < 2:
        return False
    scripts = _SEMITIC if first < start else (*_SEMITIC, *_HANGUL)
    return all(_is_in(c, scripts) for c in text[first:last] if _is_word(c))


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
    """Return whether a character belongs to a script without spaces between words."""
    return _is_in(character, _WITHOUT_SPACES)


def _is_in(character: str, ranges: tuple[Range, ...]) -> bool:
    code = ord(character)
    return code >= ranges[0][0] and any(first <= code <= last for first, last in ranges)
