"""Text of Word files (``.docx``), by python-docx."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vermeil.corpora.formats.documents.extracted import ExtractedText, tidy
from vermeil.data.malformed import first_line
from vermeil.errors import DataError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OLE = b"\xd0\xcf\x11\xe0"
"""First bytes of Word files before 2007, and of encrypted ones."""
_MAX_EXPANSION, _FREE_BYTES = 100, 64 << 20
"""Limit of the unpacked size: so many times the packed size, and so many bytes more."""
_COUNTED = {
    f"{_W}drawing": "images",
    f"{_W}pict": "images",
    f"{_W}object": "embedded_objects",
    f"{_W}footnoteReference": "footnotes",
    f"{_W}endnoteReference": "endnotes",
    f"{_W}commentReference": "comments",
}
_SKIPPED = {f"{_W}del": "deleted_passages", f"{_W}txbxContent": "text_boxes"}


def read_docx(path: Path) -> ExtractedText:
    """Return the text of the body: a line per paragraph, and per row of a table.

    Page numbers follow the page breaks that Word stored when the file was saved. Tables become
    lines with their cells separated by tabs, and are counted. Images, headers, footers, notes,
    comments, text boxes and deleted passages are counted and not read.

    Raises:
        DataError: the file is encrypted, damaged, or no Word file.
    """
    import docx
    from docx.opc.exceptions import OpcError
    from lxml import etree

    _check_package(path)
    unread: Counter[str] = Counter()
    try:
        document = docx.Document(str(path))
        for section in document.sections:
            for name in ("header", "footer"):
                part = getattr(section, name)
                unread[f"{name}s"] += not part.is_linked_to_previous
        pages = _pages(document.element.body, unread)
    except (OpcError, etree.LxmlError, zipfile.BadZipFile, KeyError, NotImplementedError) as error:
        raise DataError(
            f"is no readable Word file ({first_line(error)}); check that the file is complete"
        ) from error
    has_pages = len(pages) > 1
    return ExtractedText(pages, has_pages=has_pages, unread=unread, whole=True)


def _check_package(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    if start == _OLE:
        raise DataError(
            "is encrypted, or a Word file of before 2007; save it as .docx without a password"
        )
    try:
        with zipfile.ZipFile(path) as package:
            size = sum(one.file_size for one in package.infolist())
    except zipfile.BadZipFile as error:
        raise DataError(f"is no Word file ({error}); check that the file is complete") from error
    if size > _MAX_EXPANSION * path.stat().st_size + _FREE_BYTES:
        raise DataError(f"expands to {size:,} bytes, which is not plausible for a text")


def _pages(body: Any, unread: Counter[str]) -> list[str]:
    """Return the text of each page of a body."""
    pieces: list[str] = []
    for piece in _pieces(body, unread):
        pieces.append(piece)
    return [tidy_rows(page) for page in "".join(pieces).split("\f")]


def tidy_rows(text: str) -> str:
    """Return the text of a page; the tabs between the cells of a row stay."""
    rows = ("\t".join(tidy(cell) for cell in line.split("\t")) for line in text.split("\n"))
    return "\n".join(row.strip() for row in rows if row.strip())


def _pieces(element: Any, unread: Counter[str]) -> Iterator[str]:
    """Yield the text below an element; a form feed stands for a page break."""
    for child in element.iterchildren():
        tag = child.tag
        if tag in _SKIPPED:
            unread[_SKIPPED[tag]] += 1
            continue
        unread.update([_COUNTED[tag]] if tag in _COUNTED else [])
        if tag == f"{_W}t":
            yield child.text or ""
        elif tag == f"{_W}tab":
            yield " "
        elif tag == f"{_W}br":
            yield "\f" if child.get(f"{_W}type") == "page" else "\n"
        elif tag == f"{_W}cr":
            yield "\n"
        elif tag == f"{_W}lastRenderedPageBreak":
            yield "\f"
        elif tag == f"{_W}tbl":
            unread["tables_converted"] += 1
            yield from _table(child, unread)
        else:
            yield from _pieces(child, unread)
            if tag == f"{_W}p":
                yield "\n"


def _table(table: Any, unread: Counter[str]) -> Iterator[str]:
    for row in table.iterchildren(f"{_W}tr"):
        cells = ("".join(_pieces(cell, unread)) for cell in row.iterchildren(f"{_W}tc"))
        yield "\t".join(" ".join(cell.split()) for cell in cells) + "\n"
