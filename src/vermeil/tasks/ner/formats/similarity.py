"""How alike two texts are, whatever became of their white space, punctuation and case."""

from __future__ import annotations

from collections import Counter

COPY_THRESHOLD = 0.9
"""From here on a copy is one of the text, with a few words altered."""
UNCHANGED_THRESHOLD = 0.97
"""From here on a copy is the text itself."""


def similarity(left: str, right: str) -> float:
    """Return the Dice coefficient of the letter trigrams of two texts, from 0 to 1.

    Its work is proportional to the lengths; an alignment is for later.
    """
    ours, theirs = _trigrams(left), _trigrams(right)
    total = ours.total() + theirs.total()
    if not total:
        return float("".join(left.split()) == "".join(right.split()))
    return 2 * (ours & theirs).total() / total


def is_copy(copy: str, text: str) -> bool:
    """Whether the whole text was given back."""
    return similarity(copy, text) >= COPY_THRESHOLD


def is_partial_copy(copy: str, text: str) -> bool:
    """Whether a part of the text was given back, up to some point, and no more."""
    ours, whole = _letters(copy), _letters(text)
    return bool(ours) and similarity(ours, whole[: len(ours)]) >= COPY_THRESHOLD


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _trigrams(text: str) -> Counter[str]:
    letters = f"^{_letters(text)}$"
    return Counter(letters[n : n + 3] for n in range(len(letters) - 2))
