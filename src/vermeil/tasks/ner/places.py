"""Where a surface stands in a text, whole words only."""

from __future__ import annotations

import unicodedata

from vermeil.data.document import Range

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


def find_places(text: str, surface: str) -> list[Range]:
    """Return every range where ``surface`` stands in ``text`` as whole words, in order.

    Both ends must be word boundaries: "US" does not stand in "bus". Places may overlap each other
    ("A A" stands twice in "A A A").
    """
    places: list[Range] = []
    start = text.find(surface) if surface else -1
    while start >= 0:
        end = start + len(surface)
        if _is_boundary(text, start) and _is_boundary(text, end):
            places.append((start, end))
        start = text.find(surface, start + 1)
    return places


def _is_boundary(text: str, position: int) -> bool:
    """Whether a word may begin or end between ``text[position - 1]`` and ``text[position]``.

    Not between two letters or digits, unless one belongs to a script without spaces; and never
    between a letter and the marks that are combined with it.
    """
    if position in (0, len(text)):
        return True
    before, after = text[position - 1], text[position]
    if unicodedata.category(after)[0] == "M":
        return False
    if not (_is_word(before) and _is_word(after)):
        return True
    return _has_no_spaces(before) or _has_no_spaces(after)


def _is_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _has_no_spaces(character: str) -> bool:
    code = ord(character)
    return code >= 0x0E00 and any(first <= code <= last for first, last in _WITHOUT_SPACES)
