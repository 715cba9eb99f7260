from __future__ import annotations

import gzip
from pathlib import Path
from typing import Literal

import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.corpora.reading import ReadReport
from vermeil.data.document import Annotation, Document
from vermeil.errors import DataError


def test_a_document_per_line_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes("first  \r\n\n \t\nZoë\u2028still third".encode())
    assert list(read_corpus(CorpusConfig(path=path))) == [
        Document("notes:1", "first  "),
        Document("notes:4", "Zoë\u2028still third"),
    ]


def test_a_document_per_file(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt.gz"
    path.write_bytes(gzip.compress(b"Dear Ann,\n\nbye\n\n"))
    documents = list(read_corpus(CorpusConfig(path=path, text_unit="file")))
    assert documents == [Document("letter", "Dear Ann,\n\nbye\n")]


@pytest.mark.parametrize("unit", ["auto", "file"])
def test_a_folder_holds_a_document_per_file(tmp_path: Path, unit: str) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "002.txt").write_text("two\n")
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b" / "001.txt.gz").write_bytes(gzip.compress(b"packed"))
    (tmp_path / "b" / "notes.md").write_text("no")
    documents = list(read_corpus(CorpusConfig(path=tmp_path, text_unit=unit)))
    assert documents == [
        Document("a", "one"),
        Document("b/001", "packed"),
        Document("b/002", "two"),
    ]


def test_lines_of_a_folder_are_documents_on_request(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.txt").write_text("two\n\nthree\n")
    (tmp_path / "a.txt").write_text("one")
    documents = list(read_corpus(CorpusConfig(path=tmp_path, text_unit="line")))
    assert documents == [
        Document("a:1", "one", group="a"),
        Document("b/2:1", "two", group="b/2"),
        Document("b/2:3", "three", group="b/2"),
    ]


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("auto", "one per line (a whole file is one with --unit file, or text_unit)"),
        ("line", "one per line"),
        ("file", "one per file"),
    ],
)
def test_report_names_the_unit_and_how_to_change_it(
    tmp_path: Path, unit: Literal["auto", "line", "file"], shown: str
) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    reports: list[ReadReport] = []
    list(read_corpus(CorpusConfig(path=tmp_path / "a.txt", text_unit=unit), None, reports.append))
    assert reports[0].choices == {"documents": shown}
    list(read_corpus(CorpusConfig(path=tmp_path), None, reports.append))
    assert reports[1].choices["documents"].startswith("one per file (a line is one with --unit")


def test_a_fault_in_one_file_of_a_folder_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_bytes(b"ok\ncaf\xe9")
    with pytest.raises(DataError, match=r"b.txt:2: not UTF-8"):
        list(read_corpus(CorpusConfig(path=tmp_path)))


def test_two_files_that_give_the_same_id_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"two"))
    with pytest.raises(DataError, match=r"a.txt.gz: the id 'a' is repeated; ids must be"):
        list(read_corpus(CorpusConfig(path=tmp_path)))


def test_a_folder_without_texts_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the folder holds no .txt file"):
        list(read_corpus(CorpusConfig(path=tmp_path)))


def test_what_lines_cannot_hold_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    documents = [
        Document("x:1", "plain"),
        Document("b", "two\r\nlines", "g", ((0, 3),), Annotation(spans=())),
        Document("c", " \n "),
    ]
    report = write_corpus(documents, path)
    assert path.read_text() == "plain\ntwo lines\n"
    assert (report.documents, report.written) == (3, 2)
    assert report.losses == {
        "group": 1,
        "id": 2,
        "respaced": 2,
        "spans": 1,
        "tokens": 1,
        "unwritable": 1,
    }
