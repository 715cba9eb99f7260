"""Limits of the HTTP service."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.data.document import Document

CHARACTERS_PER_WORDPIECE = 4
"""Approximate value, to estimate the work for a text before it is tokenised."""


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """Limits on connections, on requests and on the work of one service.

    Args:
        max_documents: maximum number of documents in a request.
        max_characters: maximum number of characters of all texts in a request.
        max_batch: approximate maximum of wordpieces in a batch of several requests.
        max_waiting: approximate maximum of waiting wordpieces; further requests get status 429.
        timeout: seconds after which a request times out.
        read_timeout: seconds within which headers and body of a request must arrive.
        max_connections: maximum number of open connections. A new connection then replaces the one
            that has waited longest for its client.
        max_buffered: maximum bytes of all bodies in memory; further requests get status 429. The
            largest body of one request always fits.
    """

    max_documents: int = 1_000
    max_characters: int = 1_000_000
    max_batch: int = 8_192
    max_waiting: int = 1_000_000
    timeout: float = 60.0
    read_timeout: float = 30.0
    max_connections: int = 1_000
    max_buffered: int = 64_000_000

    @property
    def bytes(self) -> int:
        """Maximum bytes of a request's body: six per escaped character, plus keys and ranges."""
        return 8 * self.max_characters + 1_000 * self.max_documents


def estimate_wordpieces(documents: list[Document]) -> int:
    """Return the approximate number of wordpieces of documents."""
    return sum(len(d.text) // CHARACTERS_PER_WORDPIECE + 4 for d in documents)
