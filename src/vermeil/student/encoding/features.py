"""Letter case as a feature of words, for encoders whose tokenizer folds case."""

from __future__ import annotations

LOWER, UPPER, TITLE, MIXED, NONE = range(5)
CASES = 5
"""Number of letter-case classes; they replace the two token types of BERT."""


def letter_case(word: str) -> int:
    """Return the letter-case class of a word: lower, UPPER, Title, miXed, or none (no letters).

    A single capital ("A", "J.") counts as Title.
    """
    letters = [c for c in word if c.isalpha()]
    if not letters:
        return NONE
    capitals = sum(not c.islower() and c.isupper() for c in letters)
    if capitals == 0:
        return LOWER
    if capitals == 1 and letters[0].isupper():
        return TITLE
    return UPPER if capitals == len(letters) else MIXED
