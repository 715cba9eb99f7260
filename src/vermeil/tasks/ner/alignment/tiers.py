"""Search for a surface in a text: exact first, then with increasing normalisation.

The first tier with a match wins. A surface without an exact match is also searched with its literal
escapes decoded. Both ends of an occurrence must be word boundaries, and a part of
a surface never counts as a match.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from vermeil.data.document import Range
from vermeil.data.mention import Tier
from vermeil.tasks.ner.alignment.escapes import decode_escapes
from vermeil.tasks.ner.alignment.fuzzy import find_fuzzy
from vermeil.tasks.ner.alignment.normalise import (
    NormalisedText,
    folded,
    has_content,
    letters,
    spaced,
)
from vermeil.tasks.ner.alignment.occurrences import (
    find_occurrences,
    find_substring,
    is_attached,
    is_unspaced_script,
    is_whole_word,
    with_punctuation,
)

_COMMON_WORD = 4
"""Maximum length of words that are a name with capitals and a common word without."""
_SENTENCE_START = 3
"""Maximum length of upper-case names that may equal a common word at a sentence start."""
_JOINABLE = 6
"""Minimum number of letters for a match between one word and several words."""
_BRACKETS = ("()", "[]", "{}")


@dataclass(frozen=True, slots=True)
class SurfaceMatches:
    """The occurrences of a surface.

    Args:
        occurrences: ranges of the text, in order.
        tier: the tier of the match; None: no match, and ``occurrences`` are rejected near matches.
        distance: edits between the surface and each occurrence, after folding.
    """

    occurrences: tuple[Range, ...]
    tier: Tier | None
    distance: int = 0


class SurfaceFinder:
    """Finder of surfaces in a text. Normalised forms are computed on first use."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def spaced(self) -> NormalisedText:
        """The text with normalised white space."""
        return spaced(self.text)

    @cached_property
    def folded(self) -> NormalisedText:
        """The text with normalised case, quotes and similar."""
        return folded(self.text)

    @cached_property
    def letters(self) -> NormalisedText:
        """The letters, digits and symbols of the text."""
        return letters(self.folded)

    @cached_property
    def has_capitals(self) -> bool:
        """Return whether the text has capitals, so that case carries information."""
        return self.text.lower() != self.text

    def find(self, surface: str, excluded: Collection[Range] = ()) -> SurfaceMatches:
        """Return the occurrences of ``surface`` in the first tier with a match.

        Args:
            surface: the string to search.
            excluded: ranges that do not count as occurrences.
        """
        if not has_content(surface.strip()):
            return SurfaceMatches((), None)
        if same := self._find_spaced(surface, excluded):
            return same
        decoded = decode_escapes(surface)
        if decoded != surface and has_content(decoded.strip()):
            if same := self._find_spaced(decoded, excluded):
                return SurfaceMatches(same.occurrences, Tier.FOLDED)
            similar = self._find_folded(decoded, excluded)
            if similar.tier is not None:
                return similar
        return self._find_folded(surface, excluded)

    def _find_spaced(self, surface: str, excluded: Collection[Range]) -> SurfaceMatches | None:
        """Return the occurrences in the tiers RAW and SPACED; None if there are none."""
        stripped = surface.strip()
        if found := _exclude(find_occurrences(self.text, stripped), excluded):
            return SurfaceMatches(found, Tier.RAW if stripped == surface else Tier.SPACED)
        same_words = self._whole_words(find_substring(self.spaced, spaced(surface).text))
        found = _exclude(same_words, excluded)
        return SurfaceMatches(found, Tier.SPACED) if found else None

    def _find_folded(self, surface: str, excluded: Collection[Range]) -> SurfaceMatches:
        view = folded(surface)
        same_folded = _exclude(find_substring(self.folded, view.text), excluded)
        if found := self._with_same_capitals(surface, self._whole_words(same_folded)):
            return SurfaceMatches(found, Tier.FOLDED)
        same_letters = _exclude(self._same_letters(surface, letters(view).text), excluded)
        if found := self._with_same_capitals(surface, same_letters):
            return SurfaceMatches(found, Tier.LETTERS)
        if found := tuple(one for one in same_folded if is_attached(self.text, one)):
            return SurfaceMatches(found, Tier.ATTACHED)
        if not excluded and (edited := find_fuzzy(self.text, self.folded, view.text)):
            return SurfaceMatches(edited.occurrences, Tier.EDITED, edited.distance)
        return SurfaceMatches(tuple(sorted({*same_folded, *same_letters})), None)

    def _with_same_capitals(self, surface: str, ranges: Iterable[Range]) -> tuple[Range, ...]:
        return tuple(one for one in ranges if not self._lost_capitals(surface, one))

    def _whole_words(self, ranges: Iterable[Range]) -> list[Range]:
        return [one for one in ranges if is_whole_word(self.text, one)]

    def _same_letters(self, surface: str, key: str) -> list[Range]:
        """Return the occurrences with the same letters; none for a single ASCII letter."""
        if len(key) < 2 and key.isascii():
            return []
        whole = self._whole_words(find_substring(self.letters, key))
        words = len(surface.split())
        may_join = len(key) >= _JOINABLE or any(c.isdigit() or is_unspaced_script(c) for c in key)
        return [
            with_punctuation(self.text, one, surface)
            for one in whole
            if (may_join or len(self.text[slice(*one)].split()) == words)
            and (_is_balanced(self.text[slice(*one)]) or not _is_balanced(surface))
        ]

    def _lost_capitals(self, surface: str, where: Range) -> bool:
        """Return whether a short name would match a common word: "US" and "us", "IT" and "It"."""
        found = self.text[slice(*where)]
        if not self.has_capitals or len(found) > _COMMON_WORD:
            return False
        if found == found.lower():
            return surface != surface.lower()
        return len(found) <= _SENTENCE_START and surface.isupper() and not found.isupper()


def _is_balanced(found: str) -> bool:
    """Return whether every bracket has a partner."""
    return all(found.count(pair[0]) == found.count(pair[1]) for pair in _BRACKETS)


def _exclude(ranges: Iterable[Range], excluded: Collection[Range]) -> tuple[Range, ...]:
    return tuple(one for one in ranges if one not in excluded) if excluded else tuple(ranges)
