"""Recognition of the cause of a rejected request in a server's error message."""

from __future__ import annotations

from collections.abc import Collection, Iterable

REJECTION_STATUSES = (400, 404, 415, 422, 500, 501)
"""HTTP statuses with which servers reject an unknown or unsupported parameter."""


def is_rejection_of(
    words: Iterable[str],
    status: int,
    server_message: str,
    text: str,
    statuses: Collection[int] = REJECTION_STATUSES,
) -> bool:
    """Return whether a server rejected a request because of a parameter.

    Args:
        words: words in lower case that name the parameter; one of them is enough.
        status: HTTP status of the response.
        server_message: the server's error message.
        text: the document's text. Words in it do not count, because the server may quote it.
        statuses: HTTP statuses that count as a rejection.
    """
    message, quoted = server_message.lower(), text.lower()
    return status in statuses and any(w in message and w not in quoted for w in words)
