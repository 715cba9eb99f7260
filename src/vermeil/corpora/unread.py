"""Counts of information in a file that a document cannot hold, in the document's ``meta``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vermeil.corpora.tokenised import REPAIRED
from vermeil.data.document import Document

UNREAD = "unread"
"""Key of a document's ``meta``: kind of information that was not read to its number."""


SUGGESTED = "suggestions_only"
"""Name of the count of documents whose annotation is a suggestion that no person has confirmed."""

EXCLUDED_TEACHERS = "excluded_teachers"
"""Name of the count of documents whose annotation is of an excluded teacher."""

_SENTENCES = {
    EXCLUDED_TEACHERS: "left out, since their teacher is excluded: annotations of documents",
    SUGGESTED: "not confirmed by a person, only suggested: documents",
    "disagreement": "not annotated, since annotators disagree: documents",
    "doubtful_offsets": "not annotated, since offsets are doubtful: spans",
    "surfaces_that_differ": "not annotated, since stated surfaces differ from the text: spans",
    "surfaces_widened": "read, although the stated surface is shorter: spans",
}
"""Descriptions of counts whose names do not explain them."""


def with_unread(meta: Mapping[str, Any], unread: Mapping[str, int]) -> dict[str, Any]:
    """Return ``meta`` with the counts of unread information that are not 0."""
    counts = {name: number for name, number in sorted(unread.items()) if number}
    return {**meta, UNREAD: counts} if counts else dict(meta)


def describe_unread(name: str, number: int) -> str:
    """Return a count of `unread_of` in words."""
    if name in _SENTENCES:
        return f"{_SENTENCES[name]} {number:,}"
    words = name.replace("_", " ")
    if name.endswith("_converted"):
        return f"converted: {words.removesuffix(' converted')} {number:,}"
    return f"not read: {words} {number:,}"


def unread_of(document: Document) -> Counter[str]:
    """Return the counts of information that was not read, or was repaired, in this document."""
    noted = document.meta.get(UNREAD)
    found: Counter[str] = Counter()
    if isinstance(noted, Mapping):
        found.update({str(k): n for k, n in noted.items() if type(n) is int})
    repaired = document.meta.get(REPAIRED)
    if type(repaired) is int:
        found[REPAIRED] += repaired
    return found


def counting_unread(documents: Iterable[Document], into: Counter[str]) -> Iterator[Document]:
    """Yield documents, and add their counts of unread information to ``into``."""
    for document in documents:
        into.update(unread_of(document))
        yield document
