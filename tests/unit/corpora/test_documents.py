"""Documents with a layout: PDF, Word and HTML."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.document_files import HTML, write_docx, write_pdf

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.data.document import Document
from vermeil.errors import DataError

for package in ("pypdfium2", "docx", "lxml"):
    pytest.importorskip(package)


def read(path: Path, **settings: Any) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=path, **settings)))


def test_a_pdf_is_one_document_per_page(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "letter.pdf", ["Ada left\nRome (today).", "", "Bo came."])
    first, last = read(path)
    assert (first.id, first.group, first.text) == (
        "letter.pdf:1",
        "letter.pdf",
        "Ada left\nRome (today).",
    )
    assert (last.id, last.text, last.meta["page"]) == ("letter.pdf:3", "Bo came.", 3)
    assert first.meta["unread"] == {"pages_without_text": 1}
    assert first.annotation.is_empty


def test_a_pdf_as_one_document_knows_its_pages(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "letter.pdf", ["Ada left.", "Bo came."], image=True)
    (document,) = read(path, text_unit="file")
    assert document.text == "Ada left.\nBo came."
    assert document.meta["pages"] == [[0, 1], [10, 2]]
    assert document.meta["unread"] == {"images": 2}


def test_a_scan_is_an_error_that_advises_ocr(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "scan.pdf", ["", ""], image=True)
    with pytest.raises(DataError, match=r"scan\.pdf: holds no text \(2 pages, 2 images\).*OCR"):
        read(path)


def test_an_encrypted_pdf_is_an_error(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "secret.pdf", ["Ada"], password="x")
    with pytest.raises(DataError, match=r"secret\.pdf: needs a password; save it without one"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4\n", b"not a pdf"])
def test_a_broken_pdf_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pdf").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.pdf: is no readable PDF"):
        read(tmp_path / "x.pdf")


def test_a_word_file_is_read_with_its_table_and_pages(tmp_path: Path) -> None:
    (document,) = read(write_docx(tmp_path / "letter.docx"))
    assert document.text == "Letter\nAda Orne left Romé.\nBo\tOslo\nCy came."
    assert document.meta["pages"] == [[0, 1], [35, 2]]
    assert document.text[35:] == "Cy came."
    assert document.meta["unread"] == {"headers": 1, "images": 1, "tables_converted": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0rest", "is encrypted, or a Word file of before 2007"),
        (b"PK\x03\x04rest", "is no Word file"),
        (b"", "is no Word file"),
    ],
)
def test_a_broken_word_file_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.docx").write_bytes(content)
    with pytest.raises(DataError, match=rf"x\.docx: {message}"):
        read(tmp_path / "x.docx")


def test_another_package_is_no_word_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.docx", "w") as package:
        package.writestr("a.txt", "Ada")
    with pytest.raises(DataError, match=r"x\.docx: is no readable Word file"):
        read(tmp_path / "x.docx")


def test_a_package_that_expands_too_much_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.docx", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b" " * (80 << 20))
    with pytest.raises(DataError, match="not plausible"):
        read(tmp_path / "x.docx")


def test_html_is_read_without_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(HTML, "utf-8")
    (document,) = read(tmp_path / "page.html")
    assert document.text == "Ada & Bo\nAda Orne left Romé.\nName\tPlace\nBo\tOslo"
    assert document.meta["unread"] == {
        "comments": 1,
        "hidden_elements": 1,
        "images": 1,
        "scripts": 1,
        "tables_converted": 1,
    }


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<meta charset=latin-1><p>Romé".encode("latin-1"), "Romé"),
        ("\ufeff<p>Romé".encode("utf-16"), "Romé"),
        ("<?xml version='1.0' encoding='utf-8'?><html><body>Romé</body></html>".encode(), "Romé"),
        (b"Ada<br>Bo &copy; &#x1F600;", "Ada\nBo \u00a9 \U0001f600"),
        (b"<div>" * 400 + b"Ada", "Ada"),
    ],
)
def test_the_encoding_is_that_of_the_file(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "x.html").write_bytes(content)
    assert [document.text for document in read(tmp_path / "x.html")] == [text]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<p>\nRomé".encode("latin-1"), "is not utf-8: byte 0xe9 on line 2"),
        (b"<meta charset=klingon><p>Ada", "names the unknown encoding 'klingon'"),
        (b"<div>" * 5000 + b"Ada", "is nested too deeply"),
        (b"", "holds no text"),
        (b"<p> </p>", "holds no text"),
    ],
)
def test_an_unreadable_html_file_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.html").write_bytes(content)
    with pytest.raises(DataError, match=rf"x\.html: {message}"):
        read(tmp_path / "x.html")


def test_a_folder_is_read_with_all_kinds(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_pdf(tmp_path / "b.pdf", ["Bo"])
    write_docx(tmp_path / "in/c.docx")
    (tmp_path / "a.html").write_text("<p>Ada", "utf-8")
    (tmp_path / "picture.jpg").write_bytes(b"x")
    reports: list[Any] = []
    found = list(read_corpus(tmp_path, on_read=reports.append))
    assert [document.id for document in found] == ["a.html", "b.pdf:1", "in/c.docx"]
    assert reports[0].format == "documents"
    assert reports[0].skipped["files with the ending .jpg"] == 1


def test_documents_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="only read"):
        write_corpus([Document("a", "Ada")], tmp_path / "x.pdf", "documents")
    assert not (tmp_path / "x.pdf").exists()
