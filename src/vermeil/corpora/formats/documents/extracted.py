"""Text that was extracted from a document with a layout, and its conversion to documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from vermeil.corpora.pages import PAGE, PAGES
from vermeil.corpora.unread import with_unread
from vermeil.data.document import Document
from vermeil.errors import DataError

FILE = "file"
"""Key of a document's ``meta``: name of the file."""

_SPACES = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """Text of a file.

    Args:
        pages: text of every page, in order; one item if the file has no pages.
        has_pages: whether the items are pages.
        unread: kind of content that is not text, or was converted, to its number.
        whole: read the file as one document, since its pages cut paragraphs.
    """

    pages: Sequence[str]
    has_pages: bool
    unread: Counter[str] = field(default_factory=Counter)
    whole: bool = False


def to_documents(text: ExtractedText, name: str, *, by_page: bool) -> Iterator[Document]:
    """Yield the documents of a file: one per page, or one.

    The group is the name of the file. A document of one page has its number (from 1) as ``page`` in
    ``meta``; one of several pages has ``pages``: the first character of each page and its number.

    Args:
        text: the text of the file.
        name: name of the file.
        by_page: one document per page, if the file has pages.

    Raises:
        DataError: the file holds no text.
    """
    filled = [(number, page) for number, page in enumerate(text.pages, 1) if page.strip()]
    unread = text.unread.copy()
    if not filled:
        images = unread["images"]
        raise DataError(
            f"holds no text ({len(text.pages)} pages, {images} images); if it is a scan, run OCR "
            "first"
            if text.has_pages
            else "holds no text"
        )
    unread["pages_without_text"] = len(text.pages) - len(filled)
    if by_page and text.has_pages and not text.whole:
        for position, (number, page) in enumerate(filled):
            meta = {FILE: name, PAGE: number}
            meta = meta if position else with_unread(meta, unread)
            yield Document(f"{name}:{number}", page, name, meta=meta)
        return
    yield _whole_document(filled, name, text.has_pages, unread)


def _whole_document(
    filled: Sequence[tuple[int, str]], name: str, has_pages: bool, unread: Counter[str]
) -> Document:
    meta: dict[str, Any] = {FILE: name}
    if has_pages:
        start, places = 0, []
        for number, page in filled:
            places.append([start, number])
            start += len(page) + 1
        meta[PAGES] = places
    whole = "\n".join(page for _, page in filled)
    return Document(name, whole, name, meta=with_unread(meta, unread))


def tidy(text: str) -> str:
    """Return a text with one space between words, one line end between lines, and no end space."""
    return _BREAKS.sub("\n", _SPACES.sub(" ", text)).strip()
