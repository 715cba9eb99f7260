"""Search for a surface in a text: exact first, then with increasing normalisation.

The first tier with a match wins. A surface without an exact match is also searched with its literal
escapes decoded, and then in the text with its HTML entities decoded. Both ends of an occurrence
must be word boundaries, except for particles and names that are glued to other words. A part of a
surface never counts as a match, apart from the ending of a possessive and the punctuation of the
sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from vermeil.data.document import Range
from vermeil.data.mention import Tier
from vermeil.tasks.ner.alignment.escapes import decode_entities, decode_escapes
from vermeil.tasks.ner.alignment.fuzzy import find_fuzzy
from vermeil.tasks.ner.alignment.glued import is_glued_name
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
)
from vermeil.tasks.ner.alignment.punctuation import (
    with_punctuation,
    without_possessive,
    without_sentence_punctuation,
)

_COMMON_WORD = 4
"""Maximum length of words that are a name with capitals and a common word without."""
_SENTENCE_START = 3
"""Maximum length of upper-case names that may equal a common word at a sentence start."""
_JOINABLE = 6
"""Minimum number of letters for a match between one word and several words."""
_BRACKETS = ("()", "[]", "{}")
_BETWEEN_WORDS = re.compile(r"\s+|(?=[(\[{])")
"""Blanks, and the place before an opening bracket: "Quell(UK)" has two words."""
_WEAK_TIERS = (None, Tier.EDITED, Tier.GLUED)
"""No match, and matches that a better one in the text with decoded entities replaces."""
_SUFFIX = re.compile(r"['’‘ʼʹ′`´]\w")
"""An apostrophe and letters: what follows a name with another ending."""


@dataclass(frozen=True, slots=True)
class SurfaceMatches:
    """The occurrences of a surface.

    Args:
        occurrences: ranges of the text, in order.
        tier: the tier of the match; None: no match, and ``occurrences`` are rejected near matches.
        distance: edits between the surface and each occurrence, after folding.
        bare: the surface without the sentence's punctuation, if every occurrence has lost it.
    """

    occurrences: tuple[Range, ...]
    tier: Tier | None
    distance: int = 0
    bare: str = ""


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
        found = self._find_as_written(surface, excluded)
        if found.tier in _WEAK_TIERS and self._decoded is not None:
            view, finder = self._decoded
            # Decoded text may look like further entities, which are text.
            other = finder._without_punctuation(finder._find_as_written(surface, ()), ())
            ranges = (view.to_source_range(*one) for one in other.occurrences)
            same = _exclude((one for one in ranges if one is not None), excluded)
            if same and other.tier and (found.tier is None or other.tier not in _WEAK_TIERS):
                tier = Tier.FOLDED if other.tier in (Tier.RAW, Tier.SPACED) else other.tier
                return SurfaceMatches(same, tier, other.distance)
        return self._without_punctuation(found, excluded)

    @cached_property
    def _decoded(self) -> tuple[NormalisedText, SurfaceFinder] | None:
        """The text with decoded HTML entities, and a finder in it; None if it has no entities."""
        view = decode_entities(self.text) if "&" in self.text else None
        if view is None or view.text == self.text:
            return None
        return view, SurfaceFinder(view.text)

    def _without_punctuation(
        self, found: SurfaceMatches, excluded: Collection[Range]
    ) -> SurfaceMatches:
        """Return matches without the sentence's punctuation at their ends."""
        if found.tier is None:
            return found
        trimmed = tuple(
            without_sentence_punctuation(self.text, one, self.has_capitals)
            for one in found.occurrences
        )
        if trimmed == found.occurrences:
            return found
        is_bare = all(a != b for a, b in zip(trimmed, found.occurrences, strict=True))
        bare = self.text[slice(*trimmed[0])] if is_bare else ""
        unique = tuple(dict.fromkeys(_exclude(trimmed, excluded)))
        if not unique:
            return SurfaceMatches((), None)
        return SurfaceMatches(unique, without_detail(found.tier), found.distance, bare)

    def _find_as_written(self, surface: str, excluded: Collection[Range]) -> SurfaceMatches:
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
        near: set[Range] = set()
        same_folded = _exclude(find_substring(self.folded, view.text), excluded)
        if same := self._find_normalised(surface, view, same_folded, excluded, near):
            return same
        if attached := tuple(one for one in same_folded if is_attached(self.text, one)):
            return SurfaceMatches(attached, Tier.ATTACHED)
        if same := self._find_possessor(surface, excluded, near):
            return same
        if not excluded and (edited := find_fuzzy(self.text, self.folded, view.text)):
            return SurfaceMatches(edited.occurrences, Tier.EDITED, edited.distance)
        if not excluded and (glued := self._find_glued(surface)):
            return SurfaceMatches(glued, Tier.GLUED)
        return SurfaceMatches(tuple(sorted(near)), None)

    def _find_normalised(
        self,
        surface: str,
        view: NormalisedText,
        same_folded: Sequence[Range],
        excluded: Collection[Range],
        near: set[Range],
    ) -> SurfaceMatches | None:
        """Return the occurrences in the tiers FOLDED and LETTERS; None if there are none.

        Args:
            surface: the string to search.
            view: its folded form.
            same_folded: its occurrences in the folded text.
            excluded: ranges that do not count as occurrences.
            near: receives the rejected ranges.
        """
        if found := self._with_same_capitals(surface, self._whole_words(same_folded)):
            return SurfaceMatches(found, Tier.FOLDED)
        same_letters = _exclude(self._same_letters(surface, letters(view).text), excluded)
        if found := self._with_same_capitals(surface, same_letters):
            return SurfaceMatches(found, Tier.LETTERS)
        near.update(same_folded, same_letters)
        return None

    def _find_possessor(
        self, surface: str, excluded: Collection[Range], near: set[Range]
    ) -> SurfaceMatches | None:
        """Return the occurrences of a surface without the ending of its possessive."""
        name = without_possessive(surface)
        if not name:
            return None
        same = self._find_spaced(name, excluded)
        if same is None:
            view = folded(name)
            same_folded = _exclude(find_substring(self.folded, view.text), excluded)
            same = self._find_normalised(name, view, same_folded, excluded, near)
        ranges = () if same is None else same.occurrences
        found = tuple(one for one in ranges if not _SUFFIX.match(self.text, one[1]))
        return SurfaceMatches(found, Tier.POSSESSIVE) if found else None

    def _find_glued(self, surface: str) -> tuple[Range, ...]:
        """Return the occurrences of a name within words, with the same letters and case."""
        same = find_substring(self.spaced, spaced(surface).text)
        return tuple(one for one in same if is_glued_name(self.text, one))

    def _with_same_capitals(self, surface: str, ranges: Iterable[Range]) -> tuple[Range, ...]:
        """Return the ranges but those of common words: "us" for "US", "It" for "IT"."""
        ranges = tuple(ranges)
        if not ranges or not self.has_capitals:
            return ranges
        case = surface == surface.lower(), surface.isupper()
        return tuple(one for one in ranges if not _lost_capitals(self.text[slice(*one)], *case))

    def _whole_words(self, ranges: Iterable[Range]) -> list[Range]:
        return [one for one in ranges if is_whole_word(self.text, one)]

    def _same_letters(self, surface: str, key: str) -> list[Range]:
        """Return the occurrences with the same letters; none for a single ASCII letter."""
        if len(key) < 2 and key.isascii():
            return []
        whole = self._whole_words(find_substring(self.letters, key))
        words, is_balanced = _count_words(surface), _is_balanced(surface)
        may_join = len(key) >= _JOINABLE or any(c.isdigit() or is_unspaced_script(c) for c in key)
        ranges = (with_punctuation(self.text, one, surface) for one in whole)
        return [
            one
            for one in ranges
            if (may_join or _count_words(self.text[slice(*one)]) == words)
            and (not is_balanced or _is_balanced(self.text[slice(*one)]))
        ]


def _lost_capitals(found: str, is_lower: bool, is_upper: bool) -> bool:
    """Return whether a short name would match a common word: "US" and "us", "IT" and "It".

    Args:
        found: the characters of the text.
        is_lower: whether the searched surface has no capitals.
        is_upper: whether it has capitals only.
    """
    if len(found) > _COMMON_WORD:
        return False
    if found == found.lower():
        return not is_lower
    return len(found) <= _SENTENCE_START and is_upper and not found.isupper()


def without_detail(tier: Tier) -> Tier:
    """Return the tier of a match of this tier that also ignores punctuation."""
    return Tier.LETTERS if tier in (Tier.RAW, Tier.SPACED, Tier.FOLDED) else tier


def _count_words(found: str) -> int:
    """Return the number of words, without separate punctuation."""
    return sum(map(has_content, _BETWEEN_WORDS.split(found)))


def _is_balanced(found: str) -> bool:
    """Return whether every bracket has a partner."""
    return all(found.count(pair[0]) == found.count(pair[1]) for pair in _BRACKETS)


def _exclude(ranges: Iterable[Range], excluded: Collection[Range]) -> tuple[Range, ...]:
    return tuple(one for one in ranges if one not in excluded) if excluded else tuple(ranges)
