"""Normalised forms of a text, with the source range of every character.

Folding works on combining sequences (a character and its combining marks), so composed and
decomposed forms become equal.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from vermeil.data.document import Range

_QUOTES = "\"'`´′″‘’‚‛“”„‟«»‹›ʹʺʻʼʽ"
_DASHES = "-־‐‑‒–—―−﹘﹣－"
_ALIKE = {ord(c): "'" for c in _QUOTES} | {ord(c): "-" for c in _DASHES}
_WORDS = re.compile(r"[!-~]+(?: [!-~]+)*(?!\S)|\S+")
"""ASCII words separated by single spaces, matched together for speed, or any single word."""
_ODD_SPACE = re.compile(r"\s\s|[^\S ]")
_PARTS = re.compile(r"(?:[0-9a-z]|(?<=\d)\.(?=\d))+|[+$<=>^|~#%@\x80-\U0010ffff]")
_DOTLESS = "ı"


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """A normalised text with source offsets.

    Args:
        text: the normalised text.
        starts: start of the source sequence of each character.
        ends: end of the source sequence of each character.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def to_source_range(self, start: int, end: int) -> Range | None:
        """Return the source range of a range of this text; None if it splits a sequence."""
        size = len(self.text)
        if not 0 <= start < end <= size:
            return None
        if start and self.starts[start] == self.starts[start - 1]:
            return None
        if end < size and self.starts[end] == self.starts[end - 1]:
            return None
        return self.starts[start], self.ends[end - 1]

    def to_normalised_range(self, start: int, end: int) -> Range:
        """Return the range of this text whose source is ``[start, end)``."""
        return bisect_left(self.starts, start), bisect_left(self.starts, end)


def raw(text: str) -> NormalisedText:
    """Return the text unchanged."""
    return NormalisedText(text, range(len(text)), range(1, len(text) + 1))


def spaced(text: str) -> NormalisedText:
    """Return the text with each run of white space as one space, and none at its ends."""
    if not _ODD_SPACE.search(text) and text == text.strip():
        return raw(text)
    return _fold_by_word(text, str)


def folded(text: str) -> NormalisedText:
    """Return the text with normalised white space, case, width, quotes, dashes and composition.

    Compatibility characters are resolved (NFKC). Format characters (soft hyphens, zero width,
    direction marks) and the Arabic tatweel are removed.
    """
    if text.isascii() and not _ODD_SPACE.search(text) and text == text.strip():
        return NormalisedText(_fold_simple(text), range(len(text)), range(1, len(text) + 1))
    return _fold_by_word(text, _fold_words)


def letters(normalised: NormalisedText) -> NormalisedText:
    """Return a folded text without white space, punctuation and accents.

    Symbols and points between digits stay: "C++" is not "C", and "1.5" is not "15".

    Args:
        normalised: a text from `folded`.
    """
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for part in _PARTS.finditer(normalised.text):
        at, end = part.span()
        word = part.group()
        if word > "\x7f":
            word = _without_accents(word)
        kept.append(word)
        if len(word) == end - at:
            starts += normalised.starts[at:end]
            ends += normalised.ends[at:end]
        else:
            starts += [normalised.starts[at]] * len(word)
            ends += [normalised.ends[end - 1]] * len(word)
    return NormalisedText("".join(kept), starts, ends)


_Units = list[tuple[str, int, int]]
"""Pieces of a folded word, each with start and end of its sequence in the word."""


def _fold_by_word(text: str, fold: Callable[[str], _Units | str]) -> NormalisedText:
    """Return the text folded word by word, with one space between words."""
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    last = 0
    for match in _WORDS.finditer(text):
        at, end = match.span()
        word = fold(match.group())
        if kept and word:
            kept.append(" ")
            starts.append(last)
            ends.append(at)
        if isinstance(word, str):
            kept.append(word)
            starts += range(at, end)
            ends += range(at + 1, end + 1)
        for piece, first, stop in word if isinstance(word, list) else ():
            kept.append(piece)
            starts += [at + first] * len(piece)
            ends += [at + stop] * len(piece)
        last = end
    return NormalisedText("".join(kept), starts, ends)


def _fold_simple(word: str) -> str:
    return word.translate(_ALIKE).lower()


def _fold_words(words: str) -> _Units | str:
    """Return folded words: as text if characters map one to one, otherwise in pieces."""
    return _fold_simple(words) if words.isascii() else _fold_word(words)


@lru_cache(maxsize=4096)
def _fold_word(word: str) -> _Units | str:
    units = [
        (piece, start, end)
        for start, end in combining_sequences(word)
        if (piece := _fold(word[start:end]))
    ]
    whole = "".join(piece for piece, _, _ in units)
    if len(units) == len(word) == len(whole):
        return whole
    return units


def combining_sequences(text: str) -> Iterator[Range]:
    """Yield the ranges of combining sequences: a character and all marks that follow it."""
    start = 0
    for position in range(1, len(text) + 1):
        if position == len(text) or not is_combining(text[position]):
            yield start, position
            start = position


def is_combining(character: str) -> bool:
    """Return whether a character combines with the one before it.

    These are marks, vowels and finals of decomposed Hangul, sound marks of half-width Katakana and
    skin tones of emoji.
    """
    if character < "\u0300":
        return False
    return (
        unicodedata.category(character)[0] == "M"
        or "\u1160" <= character <= "\u11ff"
        or character in "\uff9e\uff9f"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


@lru_cache(maxsize=4096)
def _fold(cluster: str) -> str:
    kept = "".join(c for c in cluster if not _is_dropped(c)).translate(_ALIKE)
    normal = unicodedata.normalize("NFKC", kept).translate(_ALIKE).casefold()
    return unicodedata.normalize("NFKC", normal).replace(" ", "")


def _is_dropped(character: str) -> bool:
    return (
        character == "\u0640"
        or "\ufe00" <= character <= "\ufe0f"
        or unicodedata.category(character) == "Cf"
    )


@lru_cache(maxsize=4096)
def _without_accents(character: str) -> str:
    """Return a character without accents and vowel points; empty for punctuation and space."""
    if character == _DOTLESS:
        return "i"
    parts = unicodedata.normalize("NFKD", character)
    return unicodedata.normalize("NFC", "".join(c for c in parts if has_content(c)))


def has_content(text: str) -> bool:
    """Return whether a text has letters, digits or symbols."""
    return text[:1].isalnum() or any(c.isalnum() or _is_content(c) for c in text)


def _is_content(character: str) -> bool:
    kind = unicodedata.category(character)
    if kind[0] == "M":
        # Accents (class 200 and up), Hebrew and Arabic vowel points (10 to 35) are optional in
        # writing. The vowel signs of Indic scripts and Thai and the marks of Kana are letters.
        order = unicodedata.combining(character)
        return not (order >= 200 or 10 <= order <= 35)
    return kind[0] in "LNS"
