from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.data.document import Document
from vermeil.errors import DataError

RECORD = b'{"id": "a", "text": "x"}\n'


def fails(path: Path, **config: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        list(read_corpus(CorpusConfig(path=path, **config)))
    assert caught.value.exit_code == 3
    assert str(path) in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", ["no.jsonl", "no.conll", "no.txt", "no.jsonl.gz", "no/such/file"])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    assert "there is no such file; check the path" in str(fails(tmp_path / name))


@pytest.mark.parametrize("name", ["x.jsonl", "x.conll", "x.txt", "x"])
@pytest.mark.parametrize("content", [b"", b"\n \n\n"])
def test_an_empty_file(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert "holds no document; expected at least one" in str(fails(path))


def test_a_folder_where_a_file_is_expected(tmp_path: Path) -> None:
    assert "is a folder; expected a file" in str(fails(tmp_path, format="jsonl"))


def test_a_file_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "cannot be read (Not a directory)" in str(fails(tmp_path / "file" / "x.jsonl"))


def test_another_encoding_names_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes("one\ncaf\u00e9\n".encode("latin-1"))
    error = fails(path)
    assert error.line == 2
    assert "byte 4 of the line is 0xe9, which looks like another encoding" in str(error)


def test_utf16_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes("one\n".encode("utf-16"))
    assert "looks like UTF-16; convert the file to UTF-8" in str(fails(path))


@pytest.mark.parametrize("damage", ["cut", "plain", "flipped"])
def test_a_damaged_gzip_file(tmp_path: Path, damage: str) -> None:
    packed = bytearray(gzip.compress(RECORD * 50))
    path = tmp_path / "x.jsonl.gz"
    if damage == "cut":
        packed = packed[:-12]
    elif damage == "flipped":
        packed[-6] ^= 0xFF
    path.write_bytes(RECORD if damage == "plain" else bytes(packed))
    assert "is not a complete gzip file" in str(fails(path, format="text"))


def test_a_repeated_id_names_the_line_that_had_it_first(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(RECORD + b"\n" + RECORD)
    error = fails(path)
    assert error.line == 3
    assert "the id 'a' is repeated (first in line 1); ids must be unique" in str(error)


def test_what_the_task_refuses_gets_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(RECORD + b'{"id": "b", "text": "bad"}\n')

    def check(document: Document) -> None:
        if document.text == "bad":
            raise DataError("cannot be used")

    documents = read_corpus(CorpusConfig(path=path), check)
    assert next(documents).id == "a"
    with pytest.raises(DataError, match=r"x.jsonl:2: cannot be used"):
        next(documents)


def test_documents_stream_before_a_fault_further_down(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(RECORD + b"{broken\n")
    documents = read_corpus(CorpusConfig(path=path))
    assert next(documents).id == "a"
    with pytest.raises(DataError, match=r"x.jsonl:2: not JSON"):
        next(documents)


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("x.jsonl", '{"id": "a", "text": "t"}', ["t"]),
        ("x", '{"id": "a", "text": "t"}', ["t"]),
        ("x.jsonl", '{"id": "a", "text": "t", "tokens": [[0, 1]]}', ["t"]),
        ("x.jsonl", '{"id": "a", "tokens": ["t", "u"]}', ["t u"]),
        ("x.conll", "t O", ["t"]),
        ("x.tsv", "t\tO", ["t"]),
        ("eng.train", "-DOCSTART- -X- O\n\nt N O\nu N I-A\n", ["t u"]),
        ("eng.txt", "# id = 3\nt N O\nu N I-A\n", ["t u"]),
        ("x.txt", "this is O\nand\n", ["this is O", "and"]),
        ("x.txt", "A list:\n- O\n", ["A list:", "- O"]),
        ("X.TXT", "{not json}", ["{not json}"]),
    ],
)
def test_the_format_is_recognised(
    tmp_path: Path, name: str, content: str, texts: list[str]
) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert [d.text for d in read_corpus(CorpusConfig(path=path))] == texts


def test_an_unknown_format_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.dat"
    path.write_text("just words\n")
    assert "set format to one of jsonl, conll, conll04, tokens, text, csv" in str(fails(path))


def test_a_first_record_that_is_broken_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n{broken\n")
    assert fails(path).line == 2


@pytest.mark.parametrize(
    ("content", "ids"), [('{"id": "a", "text": "t"}', ["a"]), ("a\n\nb", ["stdin:1", "stdin:3"])]
)
def test_standard_input_is_read(
    monkeypatch: pytest.MonkeyPatch, content: str, ids: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    assert [d.id for d in read_corpus(CorpusConfig(path="-"))] == ids


def test_columns_from_standard_input_need_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("auto", "iob2"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a B-X\nb O\n")))
        documents = read_corpus(CorpusConfig(path="-", scheme=scheme))
        if scheme == "auto":
            with pytest.raises(
                DataError, match="standard input is read only once; set scheme to iob1"
            ):
                next(documents)
        else:
            assert next(documents).text == "a b"


def test_a_plain_string_is_a_path() -> None:
    assert CorpusConfig.model_validate("x.jsonl") == CorpusConfig(path="x.jsonl")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", b"PK\x03\x04rest", "is a zip archive; unpack it"),
        ("x.zip", b"PK\x03\x04rest", "is a zip archive; unpack it"),
        ("x.conll", b"\x1f\x8b\x08", "is compressed with gzip; add .gz to its name"),
        ("x.txt", b"%PDF-1.7\n", "is a PDF document; give it the ending .pdf"),
        ("x.json", b"<html>\n</html>", "not JSON, but HTML or XML: '<html>'"),
    ],
)
def test_files_without_text_are_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert message in str(fails(path))


@pytest.mark.parametrize("content", ['{"words": ["a"], "pos": 1}', '[{"tokenized": ["a"]}]'])
def test_records_of_another_format_name_their_keys_and_the_formats(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    message = str(fails(path))
    assert "The file was read as vermeil records (jsonl); the record has the keys" in message
    assert "one of jsonl, conll, conll04, tokens" in message


def test_a_folder_without_a_known_file_lists_its_files(tmp_path: Path) -> None:
    assert "holds no .txt file; it is empty" in str(fails(tmp_path))
    for name in ("dev.csv", "train.csv"):
        (tmp_path / name).write_text("a O\n")
    assert "no .txt file, but dev.csv, train.csv; name one file" in str(fails(tmp_path))


def test_annotations_without_their_text_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "one.ann").write_text("T1\tX 0 1\ta\n")
    assert "one.ann: has no one.txt beside it" in str(fails(tmp_path))


def test_concatenated_records_may_have_byte_order_marks(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(RECORD + "\ufeff".encode() + b'{"id": "b", "text": "y"}\n')
    assert [d.id for d in read_corpus(path)] == ["a", "b"]
