"""Text of PDF files, by PDFium."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from vermeil.corpora.formats.documents.extracted import ExtractedText, tidy
from vermeil.data.malformed import first_line
from vermeil.errors import DataError

_HYPHENS = ("\x02", "\ufffe")
"""Characters that PDFium writes for the hyphen of a word that continues on the next line."""
_PASSWORD = 4
"""PDFium's code of a file that needs a password."""


def read_pdf(path: Path) -> ExtractedText:
    """Return the text of every page, in the order of the file.

    Images, annotations and attachments are counted. Words that are divided at the end of a line are
    joined and counted. Headers, footers and tables are text like any other.

    Raises:
        DataError: the file needs a password, or is damaged.
    """
    import pypdfium2

    unread: Counter[str] = Counter()
    try:
        with pypdfium2.PdfDocument(path) as pdf:
            unread["attachments"] = pdf.count_attachments()
            pages = [_page(pdf, number, unread) for number in range(len(pdf))]
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise DataError("needs a password; save it without one") from error
        raise DataError(
            f"is no readable PDF ({first_line(error)}); check that the file is complete"
        ) from error
    return ExtractedText(pages, has_pages=True, unread=unread)


def _page(pdf: Any, number: int, unread: Counter[str]) -> str:
    from pypdfium2 import raw

    page = pdf[number]
    try:
        images = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])
        unread["images"] += sum(1 for _ in images)
        unread["annotations"] += raw.FPDFPage_GetAnnotCount(page)
        textpage = page.get_textpage()
        try:
            text = textpage.get_text_bounded()
        finally:
            textpage.close()
    finally:
        page.close()
    return tidy(_join_divided(text.replace("\r\n", "\n").replace("\r", "\n"), unread))


def _join_divided(text: str, unread: Counter[str]) -> str:
    for hyphen in _HYPHENS:
        unread["divided_words_converted"] += text.count(hyphen)
        text = text.replace(f"{hyphen}\n", "").replace(hyphen, "")
    unread["null_characters"] += text.count("\x00")
    return text.replace("\x00", "")
