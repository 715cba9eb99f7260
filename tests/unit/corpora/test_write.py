from __future__ import annotations

import gzip
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.corpora.config import FileFormat
from vermeil.data.document import Document
from vermeil.errors import DataError

DOCUMENTS = [Document(f"x-{number}", f"text {number}") for number in range(3)]


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Make the system refuse to let files grow, as a full disk or a quota does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def many() -> Iterator[Document]:
    return (Document(str(number), f"{number * 7919} " * 50) for number in range(1000))


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.conll", "x.txt.gz"])
def test_a_disk_that_fills_up_leaves_nothing_half_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_corpus(DOCUMENTS, path)
    before = path.read_bytes()
    with files_no_longer_than(4096), pytest.raises(DataError, match="cannot be written") as caught:
        write_corpus(many(), path, overwrite=True)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_device_is_an_error_and_stays_a_device() -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(
        DataError, match=r"/dev/full: cannot be written \(No space left on device\)"
    ):
        write_corpus(DOCUMENTS, full, "jsonl")
    assert full.is_char_device()


def test_a_fault_of_the_source_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": "a", "text": "x"}\n{broken\n')
    source = read_corpus(CorpusConfig(path=tmp_path / "in.jsonl"))
    with pytest.raises(DataError, match=r"in.jsonl:2: not JSON"):
        write_corpus(source, tmp_path / "out.jsonl")
    assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize("format_", ["jsonl", "tokens", "text"])
def test_what_utf8_cannot_hold_is_an_error(tmp_path: Path, format_: FileFormat) -> None:
    documents = [*DOCUMENTS, Document("bad", "\ud800")]
    with pytest.raises(DataError, match="document 'bad' holds half of a surrogate pair"):
        write_corpus(documents, tmp_path / "x.jsonl", format_)
    assert list(tmp_path.iterdir()) == []


def test_two_documents_with_one_id_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two documents have the id 'x-0'"):
        write_corpus([*DOCUMENTS, DOCUMENTS[0]], tmp_path / "x.jsonl")


def test_an_unknown_ending_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no format has this ending; name the format, or choose"):
        write_corpus(DOCUMENTS, tmp_path / "x.bin")
    assert write_corpus(DOCUMENTS, tmp_path / "x.bin", "jsonl").written == 3


def test_gzip_is_packed_and_always_the_same(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_corpus(DOCUMENTS, tmp_path / folder / "x.jsonl.gz")
    first, second = ((tmp_path / folder / "x.jsonl.gz").read_bytes() for folder in ("a", "b"))
    assert first == second
    assert gzip.decompress(first).count(b"\n") == 3


def test_a_byte_order_mark_that_belongs_to_the_text_survives(tmp_path: Path) -> None:
    document = Document("x:1", "\ufeffword")
    write_corpus([document], tmp_path / "x.txt")
    assert list(read_corpus(CorpusConfig(path=tmp_path / "x.txt"))) == [document]


def test_no_documents_make_an_empty_file(tmp_path: Path) -> None:
    report = write_corpus([], tmp_path / "x.jsonl")
    assert report.as_dict() == {"documents": 0, "written": 0, "losses": {}}
    assert (tmp_path / "x.jsonl").read_bytes() == b""


def test_a_path_alone_may_be_written_and_read(tmp_path: Path) -> None:
    for path in (tmp_path / "x.jsonl", str(tmp_path / "y.jsonl")):
        write_corpus(DOCUMENTS, path)
        assert list(read_corpus(path)) == DOCUMENTS
    write_corpus(DOCUMENTS, tmp_path / "z.json", "prodigy")
    assert list(read_corpus(f"prodigy:{tmp_path / 'z.json'}")) == DOCUMENTS
