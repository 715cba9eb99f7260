from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.corpora.config import FileFormat
from vermeil.corpora.formats.registry import FORMATS
from vermeil.corpora.recognise import format_for, recognise_source
from vermeil.data.document import Annotation, Document, Span
from vermeil.optional import EXTRAS


def test_every_format_of_the_configuration_is_in_the_table() -> None:
    assert set(FORMATS) == set(get_args(FileFormat))


def test_no_two_formats_have_the_same_ending() -> None:
    endings = [e for one in FORMATS.values() for e in (*one.endings, *one.read_only_endings)]
    assert len(endings) == len(set(endings))
    assert all(ending.startswith(".") and ending == ending.lower() for ending in endings)


def test_every_extra_of_a_format_is_known() -> None:
    extras = {one.extra for one in FORMATS.values()} - {None}
    assert extras == {"documents", "parquet", "spacy"}
    assert extras <= set(EXTRAS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_with_a_folder_or_an_ending_is_recognised_by_it(
    tmp_path: Path, name: FileFormat
) -> None:
    one = FORMATS[name]
    for ending in one.endings:
        assert format_for(tmp_path / f"x{ending}") == name
        assert recognise_source(tmp_path / f"x{ending}.gz") == (None if one.recognises else name)
    for ending in one.read_only_endings:
        assert recognise_source(tmp_path / f"x{ending}") == name


def test_webanno_is_read_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Document("stdin", "EU", None, ((0, 2),), Annotation(spans=(Span(0, 2, "ORG"),)))
    write_corpus([document], tmp_path / "stdin.tsv", "webanno")
    with (tmp_path / "stdin.tsv").open(encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdin", file)
        assert list(read_corpus(CorpusConfig(path="-"))) == [document]


def test_a_byte_order_mark_of_the_first_written_text_is_kept(tmp_path: Path) -> None:
    documents = [Document("x:0", " "), Document("x:1", "\ufeffEU"), Document("x:2", "\ufeffUN")]
    report = write_corpus(documents, tmp_path / "x.txt")
    assert (report.written, report.losses["unwritable"]) == (2, 1)
    texts = [document.text for document in read_corpus(CorpusConfig(path=tmp_path / "x.txt"))]
    assert texts == ["\ufeffEU", "\ufeffUN"]
