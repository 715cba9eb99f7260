"""What a server complains of when it turns a request down."""

from __future__ import annotations

from collections.abc import Collection, Iterable

TURNED_DOWN = (400, 404, 415, 422, 500, 501)
"""HTTP statuses with which servers answer a parameter that they do not know or do not take."""


def is_blamed(
    words: Iterable[str], status: int, said: str, text: str, among: Collection[int] = TURNED_DOWN
) -> bool:
    """Return whether a server turned a request down for what these words name.

    Args:
        words: in lower case; one of them is enough.
        status: HTTP status of its answer.
        said: its own words.
        text: the document's text; what stands in it is no complaint, though the server quotes it.
        among: the statuses that count.
    """
    complaint, quoted = said.lower(), text.lower()
    return status in among and any(w in complaint and w not in quoted for w in words)
