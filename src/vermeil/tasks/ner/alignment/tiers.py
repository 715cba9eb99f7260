"""Where a surface stands in a text: exactly or, failing that, with ever less regard to detail.

The first tier with a hit wins; a worse one is not looked at. Both ends of a place must be word
boundaries, and no part of a surface is ever taken for the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from vermeil.data.document import Range
from vermeil.data.mention import Tier
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
"""Letters up to which a word may be a name with capitals and a common word without."""
_SENTENCE_START = 3
"""Letters up to which a name all in capitals may be a common word that begins a sentence."""
_JOINABLE = 6
"""Letters from which words are known again when they are written as one, or one as several."""
_BRACKETS = ("()", "[]", "{}")


@dataclass(frozen=True, slots=True)
class SurfaceMatches:
    """Where a surface stands.

    Args:
        occurrences: ranges of the text, in order.
        tier: where they were found; None: nowhere, and ``occurrences`` are like it, but were refused.
        distance: edits between the surface and each place, after folding.
    """

    occurrences: tuple[Range, ...]
    tier: Tier | None
    distance: int = 0


class SurfaceFinder:
    """A text in which surfaces are looked for; its views are made when they are first needed."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def spaced(self) -> NormalisedText:
        """Without regard to white space."""
        return spaced(self.text)

    @cached_property
    def folded(self) -> NormalisedText:
        """Without regard to case, quotes and the like."""
        return folded(self.text)

    @cached_property
    def letters(self) -> NormalisedText:
        """Letters, digits and symbols alone."""
        return letters(self.folded)

    @cached_property
    def has_capitals(self) -> bool:
        """Whether the text has letters of both cases, so that their case says something."""
        return self.text.lower() != self.text

    def find(self, surface: str, excluded: Collection[Range] = ()) -> SurfaceMatches:
        """Return where ``surface`` stands, by the first tier that has it elsewhere than ``excluded``.

        Args:
            surface: what to look for.
            excluded: places that are not looked at.
        """
        wanted = surface.strip()
        if not has_content(wanted):
            return SurfaceMatches((), None)
        if places := _exclude(find_occurrences(self.text, wanted), excluded):
            return SurfaceMatches(places, Tier.RAW if wanted == surface else Tier.SPACED)
        spread = self._whole_words(find_substring(self.spaced, spaced(surface).text))
        if places := _exclude(spread, excluded):
            return SurfaceMatches(places, Tier.SPACED)
        return self._find_folded(surface, excluded)

    def _find_folded(self, surface: str, excluded: Collection[Range]) -> SurfaceMatches:
        view = folded(surface)
        alike = _exclude(find_substring(self.folded, view.text), excluded)
        if places := self._with_same_capitals(surface, self._whole_words(alike)):
            return SurfaceMatches(places, Tier.FOLDED)
        near = _exclude(self._same_letters(surface, letters(view).text), excluded)
        if places := self._with_same_capitals(surface, near):
            return SurfaceMatches(places, Tier.LETTERS)
        if places := tuple(p for p in alike if is_attached(self.text, p)):
            return SurfaceMatches(places, Tier.ATTACHED)
        if not excluded and (edited := find_fuzzy(self.text, self.folded, view.text)):
            return SurfaceMatches(edited.occurrences, Tier.EDITED, edited.distance)
        return SurfaceMatches(tuple(sorted({*alike, *near})), None)

    def _with_same_capitals(self, surface: str, places: Iterable[Range]) -> tuple[Range, ...]:
        return tuple(place for place in places if not self._lost_capitals(surface, place))

    def _whole_words(self, places: Iterable[Range]) -> list[Range]:
        return [place for place in places if is_whole_word(self.text, place)]

    def _same_letters(self, surface: str, key: str) -> list[Range]:
        """Places with the same letters; a single letter says too little."""
        if len(key) < 2 and key.isascii():
            return []
        whole = self._whole_words(find_substring(self.letters, key))
        words = len(surface.split())
        may_join = len(key) >= _JOINABLE or any(c.isdigit() or is_unspaced_script(c) for c in key)
        return [
            with_punctuation(self.text, place, surface)
            for place in whole
            if (may_join or len(self.text[slice(*place)].split()) == words)
            and (_is_balanced(self.text[slice(*place)]) or not _is_balanced(surface))
        ]

    def _lost_capitals(self, surface: str, place: Range) -> bool:
        """Whether a short name would be found in a common word: "US" in "us", "IT" in "It"."""
        found = self.text[slice(*place)]
        if not self.has_capitals or len(found) > _COMMON_WORD:
            return False
        if found == found.lower():
            return surface != surface.lower()
        return len(found) <= _SENTENCE_START and surface.isupper() and not found.isupper()


def _is_balanced(found: str) -> bool:
    """Whether every bracket has its partner: one alone is the border between two things."""
    return all(found.count(pair[0]) == found.count(pair[1]) for pair in _BRACKETS)


def _exclude(places: Iterable[Range], excluded: Collection[Range]) -> tuple[Range, ...]:
    return tuple(p for p in places if p not in excluded) if excluded else tuple(places)
