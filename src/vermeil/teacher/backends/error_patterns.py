"""What a server complains of when it turns a request down."""

from __future__ import annotations

from collections.abc import Collection, Iterable

REJECTION_STATUSES = (400, 404, 415, 422, 500, 501)
"""HTTP statuses with which servers answer a parameter that they do not know or do not take."""


def is_rejection_of(
    words: Iterable[str],
    status: int,
    server_message: str,
    text: str,
    statuses: Collection[int] = REJECTION_STATUSES,
) -> bool:
    """Return whether a server turned a request down for what these words name.

    Args:
        words: in lower case; one of them is enough.
        status: HTTP status of its answer.
        server_message: its own words.
        text: the document's text; what stands in it is no complaint, though the server quotes it.
        statuses: the statuses that count.
    """
    complaint, quoted = server_message.lower(), text.lower()
    return status in statuses and any(w in complaint and w not in quoted for w in words)
