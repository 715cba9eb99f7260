"""Copies of a text that mend its typos: corrected letters and doubled words.

The words of copy and text are aligned. A change is a mend if two words differ by a few letters, or
if one of two equal words is missing. White space, punctuation, case and accents do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA, Levenshtein

from vermeil.tasks.ner.alignment.normalise import folded, letters

_MAX_LETTERS = 2
"""Maximum number of edits in one mended word; two exchanged letters count as one."""
_WORDS_PER_MEND = 25
"""Words per permitted mend, in a long text."""
_SHORT_TEXT = 6
"""Number of words from which on two mends are permitted; a shorter text permits one."""
_FEWEST_WORDS = 3
"""Minimum number of words of a text with a mend."""
_MAX_DOUBLED = 3
"""Maximum number of words that are doubled together, as in "of the of the"."""

_Change = tuple[int, int, Sequence[str]]
"""Range of changed words of the text, and the words of the copy in their place."""


def differs_by_mends(copy: str, text: str) -> bool:
    """Return whether a copy differs from its text by mends only, and by few of them.

    Args:
        copy: the copy, without tags.
        text: the original text.
    """
    copied, original = _words(copy), _words(text)
    limit = _max_mends(len(original))
    if not limit:
        return copied == original != []
    # A mend changes at most three words, and so does a blank that was added or removed.
    most = 2 * _MAX_DOUBLED * limit
    if Levenshtein.distance(copied, original, score_cutoff=most) > most:
        return False
    mends = 0
    for start, end, written in _changes(copied, original):
        number = _count_mends(original, start, end, written)
        if number is None or mends + number > limit:
            return False
        mends += number
    return True


def _words(text: str) -> list[str]:
    """Return the letters of each word; words without letters are left out."""
    return [word for written in text.split() if (word := _word(written))]


@lru_cache(maxsize=4096)
def _word(written: str) -> str:
    return letters(folded(written)).text


def _max_mends(words: int) -> int:
    if words < _FEWEST_WORDS:
        return 0
    return max(2 if words >= _SHORT_TEXT else 1, words // _WORDS_PER_MEND)


def _changes(copied: Sequence[str], original: Sequence[str]) -> Iterator[_Change]:
    """Yield the changes between two lists of words; adjacent changes are one."""
    text_at = copy_at = 0
    for step in Levenshtein.opcodes(copied, original):
        if step.tag != "equal":
            continue
        if text_at < step.dest_start or copy_at < step.src_start:
            yield text_at, step.dest_start, copied[copy_at : step.src_start]
        text_at, copy_at = step.dest_end, step.src_end
    if text_at < len(original) or copy_at < len(copied):
        yield text_at, len(original), copied[copy_at:]


def _count_mends(
    original: Sequence[str], start: int, end: int, written: Sequence[str]
) -> int | None:
    """Return the number of mends in a change; None if it is none.

    Args:
        original: the words of the text.
        start: first changed word.
        end: one past the last changed word.
        written: the words of the copy in their place.
    """
    changed = original[start:end]
    if "".join(changed) == "".join(written):
        return 0
    if _is_corrected("".join(changed), "".join(written)):
        return 1
    kept: list[str] = []
    doubled = 0
    position = start
    while position < end:
        size = _doubled_size(original, position, end)
        doubled += size > 0
        kept += [] if size else [original[position]]
        position += size or 1
    if len(kept) != len(written):
        return None
    corrected = [pair for pair in zip(kept, written, strict=True) if pair[0] != pair[1]]
    return doubled + len(corrected) if all(_is_corrected(*pair) for pair in corrected) else None


def _doubled_size(original: Sequence[str], start: int, end: int) -> int:
    """Return the number of words at ``start`` that repeat those before or after them; 0: none."""
    for size in range(1, min(_MAX_DOUBLED, end - start) + 1):
        here = original[start : start + size]
        before, after = original[max(start - size, 0) : start], original[start + size :][:size]
        if here in (before, after):
            return size
    return 0


def _is_corrected(here: str, there: str) -> bool:
    """Return whether two strings are one word with a few other letters, and the same digits."""
    limit = min(_MAX_LETTERS, max(1, len(here) // 3))
    if not here or not there or OSA.distance(here, there, score_cutoff=limit) > limit:
        return False
    return [c for c in here if c.isdigit()] == [c for c in there if c.isdigit()]
