"""How much a service takes on."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.data.document import Document

CHARACTERS_PER_WORDPIECE = 4
"""About; so that the work that a text means is known before it is tokenised."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one service takes on at a time.

    Args:
        documents: of one request.
        characters: of all texts of one request.
        batch: wordpieces (about) that are predicted together, if more than one request waits.
        waiting: wordpieces (about) that may wait; requests beyond are told to come back.
        seconds: after which a request is given up.
    """

    documents: int = 1_000
    characters: int = 1_000_000
    batch: int = 8_192
    waiting: int = 1_000_000
    seconds: float = 60.0

    @property
    def bytes(self) -> int:
        """Of a request's body: an escaped character takes six, and keys and ranges some."""
        return 8 * self.characters + 1_000 * self.documents


def estimate_wordpieces(documents: list[Document]) -> int:
    """Return about how many wordpieces documents have."""
    return sum(len(d.text) // CHARACTERS_PER_WORDPIECE + 4 for d in documents)
