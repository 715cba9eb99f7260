"""Text of HTML files, by lxml."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vermeil.corpora.formats.documents.extracted import ExtractedText
from vermeil.corpora.formats.documents.word import tidy_rows
from vermeil.data.malformed import first_line
from vermeil.errors import DataError

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w:.-]+)|encoding\s*=\s*["']([\w:.-]+)""", re.I)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_HEAD = 4096
"""Bytes in which a file may name its encoding."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = {
    "script": "scripts",
    "style": "styles",
    "noscript": "noscript_blocks",
    "template": "templates",
    "svg": "images",
    "math": "formulas",
    "iframe": "frames",
    "object": "embedded_objects",
    "select": "form_fields",
    "textarea": "form_fields",
}
"""Elements whose content is no running text, with the name of their count."""
_COUNTED = {"img": "images", "video": "videos", "audio": "recordings", "input": "form_fields"}
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "details"),
        *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2"),
        *("h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "nav", "ol", "p"),
        *("pre", "section", "summary", "table", "tbody", "tfoot", "thead", "title", "tr", "ul"),
    }
)
"""Elements that begin and end a line."""


def read_html(path: Path) -> ExtractedText:
    """Return the text of the body: a line per block, and per row of a table.

    The encoding is that of the byte-order mark, else the one that the file names, else UTF-8.
    Images, scripts, hidden elements and form fields are counted and not read.

    Raises:
        DataError: the file is not in its encoding, names an unknown one, or is no HTML.
    """
    from lxml import etree, html

    unread: Counter[str] = Counter()
    text = _DECLARATION.sub("", _decode(path.read_bytes())).replace("\x00", "")
    if not text.strip():
        return ExtractedText([""], has_pages=False)
    try:
        parser = html.HTMLParser(huge_tree=True)
        root = html.document_fromstring(text, parser=parser)
    except (etree.LxmlError, AssertionError) as error:
        raise DataError(f"is no readable HTML ({first_line(error)})") from error
    if any("depth" in entry.message for entry in parser.error_log):
        raise DataError("is nested too deeply; check that it is a page with text")
    body = root.find("body")
    pieces = "".join(_pieces(root if body is None else body, unread))
    return ExtractedText([tidy_rows(pieces)], has_pages=False, unread=unread)


def _decode(raw: bytes) -> str:
    encoding = next((name for bom, name in _BOMS if raw.startswith(bom)), None)
    if encoding is None:
        named = _CHARSET.search(raw[:_HEAD])
        encoding = (named[1] or named[2]).decode() if named else "utf-8"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"is not {encoding}: byte 0x{raw[error.start]:02x} on line {line}; correct the charset "
            "that the file names, or convert it to UTF-8"
        ) from error
    except LookupError as error:
        raise DataError(
            f"names the unknown encoding {encoding!r}; correct its charset, or convert it to UTF-8"
        ) from error


def _pieces(root: Any, unread: Counter[str]) -> Iterator[str]:
    """Yield the text below an element; the depth of the nesting is not limited."""
    stack: list[Any] = [root]
    while stack:
        element = stack.pop()
        if isinstance(element, str):
            yield element
            continue
        tag = element.tag if isinstance(element.tag, str) else None
        tail = _flat(element.tail)
        skipped = "comments" if tag is None else _reason_to_skip(element, tag)
        if tag is None or skipped is not None:
            unread[skipped or "comments"] += 1
            yield tail
            continue
        if tag in _COUNTED:
            unread[_COUNTED[tag]] += 1
        unread["tables_converted"] += tag == "table"
        end = "\n" if tag in _BLOCKS else "\t" if tag in ("td", "th") else ""
        yield "\n" if tag in _BLOCKS else ""
        stack.append(tail if element is not root else "")
        stack.append(end)
        stack.extend(reversed(element))
        stack.append(element.text or "" if tag == "pre" else _flat(element.text))


def _reason_to_skip(element: Any, tag: str) -> str | None:
    if tag in _NOT_TEXT:
        return _NOT_TEXT[tag]
    style = (element.get("style") or "").replace(" ", "").lower()
    if element.get("hidden") is not None or "display:none" in style:
        return "hidden_elements"
    return None


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text) if text else ""
