"""Similarity of two texts, independent of white space, punctuation and case."""

from __future__ import annotations

from collections import Counter

from vermeil.tasks.ner.alignment.mends import differs_by_mends

COPY_THRESHOLD = 0.9
"""Minimum similarity of a copy with a few changed words."""
UNCHANGED_THRESHOLD = 0.97
"""Minimum similarity of an unchanged copy."""


def similarity(left: str, right: str) -> float:
    """Return the Dice coefficient of the letter trigrams of two texts, from 0 to 1.

    The run time is linear in the lengths, which an alignment would exceed.
    """
    one, other = _trigrams(left), _trigrams(right)
    total = one.total() + other.total()
    if not total:
        return float("".join(left.split()) == "".join(right.split()))
    return 2 * (one & other).total() / total


def is_copy(copy: str, text: str) -> bool:
    """Return whether a string is a copy of the whole text, possibly with mended typos."""
    return similarity(copy, text) >= COPY_THRESHOLD or differs_by_mends(copy, text)


def is_partial_copy(copy: str, text: str) -> bool:
    """Return whether a string is a copy of a beginning of the text."""
    copied, whole = _letters(copy), _letters(text)
    return bool(copied) and similarity(copied, whole[: len(copied)]) >= COPY_THRESHOLD


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _trigrams(text: str) -> Counter[str]:
    letters = f"^{_letters(text)}$"
    return Counter(letters[n : n + 3] for n in range(len(letters) - 2))
