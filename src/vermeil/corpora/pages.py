"""Page numbers of documents that were read from files with pages, and of their spans."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import Any

from vermeil.data.document import Document

PAGE = "page"
"""Key of ``meta``: number of the page, from 1, of a document that is one page."""

PAGES = "pages"
"""Key of ``meta``: first character and number of each page, of a document of several pages."""

SPAN_PAGES = "span_pages"
"""Key of ``meta``: number of the page on which each span begins, in the order of the spans."""


def with_span_pages(document: Document) -> Document:
    """Return a document whose ``meta`` has the page of each span, if its pages are known."""
    spans = document.spans
    if spans is None or not (PAGE in document.meta or PAGES in document.meta):
        return document
    starts, numbers = _pages_of(document.meta)
    if not starts:
        return document
    found = [numbers[max(0, bisect_right(starts, span.start) - 1)] for span in spans]
    return replace(document, meta={**document.meta, SPAN_PAGES: found})


def _pages_of(meta: Any) -> tuple[list[int], list[int]]:
    """Return first characters and numbers of the pages; empty if ``meta`` holds something else."""
    if type(meta.get(PAGE)) is int:
        return [0], [meta[PAGE]]
    pages = meta.get(PAGES)
    if not isinstance(pages, list) or not all(
        isinstance(one, list) and len(one) == 2 and all(type(n) is int for n in one)
        for one in pages
    ):
        return [], []
    ordered = sorted(pages)
    return [start for start, _ in ordered], [number for _, number in ordered]
