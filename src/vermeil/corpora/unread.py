"""What a file held and a document cannot hold: counted by name in the document's ``meta``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vermeil.corpora.tokenised import REPAIRED
from vermeil.data.document import Document

UNREAD = "unread"
"""Key of a document's ``meta``: name of what was not read to its number."""


def with_unread(meta: Mapping[str, Any], unread: Mapping[str, int]) -> dict[str, Any]:
    """Return ``meta`` with what was not read, if anything was."""
    left = {name: number for name, number in sorted(unread.items()) if number}
    return {**meta, UNREAD: left} if left else dict(meta)


def unread_of(document: Document) -> Counter[str]:
    """Return what was not read, or repaired, when this document was read."""
    noted = document.meta.get(UNREAD)
    found: Counter[str] = Counter()
    if isinstance(noted, Mapping):
        found.update({str(k): n for k, n in noted.items() if type(n) is int})
    repaired = document.meta.get(REPAIRED)
    if type(repaired) is int:
        found[REPAIRED] += repaired
    return found


def counting_unread(documents: Iterable[Document], into: Counter[str]) -> Iterator[Document]:
    """Pass documents on, counting what was not read of them."""
    for document in documents:
        into.update(unread_of(document))
        yield document
