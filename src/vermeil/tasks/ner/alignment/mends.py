"""Copies of a text that mend its typos: corrected letters and doubled words.

The letters of copy and text are aligned. Each change is widened to the words of the text that it
touches. It is a mend if the words differ by a few letters, or if one of two equal words is missing.
White space, punctuation, case and accents do not count.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import OSA, Levenshtein, Opcode

from vermeil.data.document import Range
from vermeil.tasks.ner.alignment.normalise import folded, letters

_WORD = re.compile(r"\S+")
_MAX_LETTERS = 2
"""Maximum number of edits in one mended word; two exchanged letters count as one."""
_WORDS_PER_MEND = 25
"""Words per permitted mend, in a long text."""
_SHORT_TEXT = 6
"""Number of words from which on two mends are permitted; a shorter text permits one."""
_FEWEST_WORDS = 3
"""Minimum number of words of a text with a mend."""
_DOUBLED_LENGTH = 16
"""Maximum length of doubled words, in letters."""


def differs_by_mends(copy: str, text: str) -> bool:
    """Return whether a copy differs from its text by mends only, and by few of them.

    Args:
        copy: the copy, without tags.
        text: the original text.
    """
    copied, original = letters(folded(copy)), letters(folded(text))
    words = [found.start() for found in _WORD.finditer(text)]
    limit = _max_mends(len(words))
    if copied.text == original.text:
        return True
    if not limit or not original.text:
        return False
    most = limit * _DOUBLED_LENGTH
    if abs(len(copied.text) - len(original.text)) > most:
        return False
    if Levenshtein.distance(copied.text, original.text, score_cutoff=most) > most:
        return False
    aligned = _AlignedLetters(copied.text, original.text, original.starts, words)
    mends = 0
    for first, last in aligned.changed_words():
        mends += 1
        if mends > limit or not aligned.is_mend(first, last):
            return False
    return True


def _max_mends(words: int) -> int:
    if words < _FEWEST_WORDS:
        return 0
    return max(2 if words >= _SHORT_TEXT else 1, words // _WORDS_PER_MEND)


@dataclass
class _AlignedLetters:
    """The letters of a copy and of its text, aligned with the fewest edits.

    Args:
        copy: the letters of the copy.
        text: the letters of the text.
        sources: the position of each letter of the text in the text itself.
        words: the start of each word in the text itself.
    """

    copy: str
    text: str
    sources: Sequence[int]
    words: Sequence[int]

    @cached_property
    def _steps(self) -> Sequence[Opcode]:
        return list(Levenshtein.opcodes(self.copy, self.text))

    @cached_property
    def _kept_steps(self) -> tuple[list[Opcode], list[int]]:
        """The steps that hold letters of the text, and the end of each in the text."""
        kept = [step for step in self._steps if step.dest_start < step.dest_end]
        return kept, [step.dest_end for step in kept]

    @cached_property
    def _bounds(self) -> list[int]:
        """The first letter of each word of the text, and the number of all letters."""
        bounds = [-1] * len(self.words) + [len(self.text)]
        for letter in range(len(self.text) - 1, -1, -1):
            bounds[self._word(letter)] = letter
        for word in range(len(self.words) - 1, -1, -1):
            if bounds[word] < 0:
                bounds[word] = bounds[word + 1]
        return bounds

    def changed_words(self) -> Iterator[Range]:
        """Yield the ranges of words of the text that the copy changed, merged if they touch."""
        first = last = -1
        for step in self._steps:
            if step.tag == "equal":
                continue
            start, end = step.dest_start, step.dest_end
            at = self._word(min(start, len(self.text) - 1))
            until = self._word(max(start, end - 1)) if start < len(self.text) else at
            if last >= 0 and at <= last + 1:
                last = max(last, until)
                continue
            if last >= 0:
                yield first, last + 1
            first, last = at, until
        if last >= 0:
            yield first, last + 1

    def is_mend(self, first: int, last: int) -> bool:
        """Return whether the copy has mended words: a few letters, or one of two equal words."""
        here, there = self._both(first, last)
        if _is_corrected(here, there):
            return True
        low, high = max(2 * first - last, 0), min(2 * last - first, len(self.words))
        if self._bounds[high] - self._bounds[low] > 4 * _DOUBLED_LENGTH:
            return False
        _, copied = self._both(low, high)
        parts = [self._letters(word, word + 1) for word in range(low, high)]
        return any(
            parts[n : n + size] == parts[n + size : n + 2 * size]
            and "".join((*parts[:n], *parts[n + size :])) == copied
            for size in (1, 2)
            for n in range(len(parts) - 2 * size + 1)
        )

    def _word(self, letter: int) -> int:
        return bisect_right(self.words, self.sources[letter]) - 1

    def _letters(self, first: int, last: int) -> str:
        return self.text[self._bounds[first] : self._bounds[last]]

    def _both(self, first: int, last: int) -> tuple[str, str]:
        """Return the letters of words in the text, and of the same place in the copy."""
        start, end = self._bounds[first], self._bounds[last]
        return self.text[start:end], self.copy[self._in_copy(start) : self._in_copy(end)]

    def _in_copy(self, letter: int) -> int:
        """Return the place in the copy of a place in the text; insertions belong to what follows."""
        if letter in (0, len(self.text)):
            return len(self.copy) if letter else 0
        kept, ends = self._kept_steps
        step = kept[bisect_left(ends, letter)]
        return step.src_start + min(letter - step.dest_start, step.src_end - step.src_start)


def _is_corrected(here: str, there: str) -> bool:
    """Return whether two strings are one word with a few other letters, and the same digits."""
    limit = min(_MAX_LETTERS, max(1, len(here) // 3))
    if not here or not there or OSA.distance(here, there, score_cutoff=limit) > limit:
        return False
    return [c for c in here if c.isdigit()] == [c for c in there if c.isdigit()]
