"""Documents and plain texts as one stream of documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from vermeil.data.document import Document


@dataclass(frozen=True, slots=True)
class DocumentStream:
    """Documents and plain texts, read as documents on every iteration.

    A plain text becomes a document whose id is its position in the input, counted from 1.

    Args:
        items: documents, plain texts or both.

    Raises:
        TypeError: ``items`` is one string instead of a list of texts.
    """

    items: Iterable[Document | str]

    def __post_init__(self) -> None:
        if isinstance(self.items, str):
            raise TypeError("expected documents or a list of texts, found one string; use [text]")

    @classmethod
    def repeatable(cls, items: Iterable[Document | str]) -> Self:
        """Return a stream that can be iterated more than once.

        Args:
            items: documents or plain texts; a one-way iterator is read into memory.
        """
        return cls(items if isinstance(items, str) or iter(items) is not items else tuple(items))

    def __iter__(self) -> Iterator[Document]:
        for number, item in enumerate(self.items, start=1):
            yield Document(str(number), item) if isinstance(item, str) else item
