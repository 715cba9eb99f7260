"""Folders of files in columns."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.corpora.reading import ReadReport
from vermeil.data.document import Document
from vermeil.errors import DataError


def read(path: Path | str) -> tuple[list[Document], ReadReport]:
    reports: list[ReadReport] = []
    documents = list(read_corpus(path, on_read=reports.append))
    return documents, reports[0]


def write(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return folder


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, b_conll="Bo B-PER\n\nleft O\n", a_conll="Ada B-PER\n", c__a_iob="Cy B-PER\n")
    (tmp_path / "d.conll.gz").write_bytes(gzip.compress(b"Di B-PER\n"))
    (tmp_path / "README.md").write_text("About this corpus.")
    documents, report = read(tmp_path)
    assert [(d.id, d.text, d.group) for d in documents] == [
        ("a-0", "Ada", "a"),
        ("b-0", "Bo", "b"),
        ("b-1", "left", "b"),
        ("c/a-0", "Cy", "c/a"),
        ("d-0", "Di", "d"),
    ]
    assert report.format == "conll"
    assert report.choices["files"] == "4 (a.conll, b.conll, a.iob, 1 more)"
    assert not report.warnings


def test_groups_and_ids_of_the_files_are_kept(tmp_path: Path) -> None:
    columns = "-DOCSTART- O\n\n# id = 1\nAda B-PER\n\n# id = 2\nBo B-PER\n"
    documents, _ = read(write(tmp_path, dev_conll=columns, train_conll=columns))
    assert [(d.id, d.group) for d in documents] == [
        ("dev/1", "dev-0"),
        ("dev/2", "dev-0"),
        ("train/1", "train-0"),
        ("train/2", "train-0"),
    ]


def test_one_tag_scheme_for_all_files(tmp_path: Path) -> None:
    write(tmp_path, a_conll="Ada B-PER\nOrne I-PER\n", b_conll="Bo S-PER\nmet O\nDi S-PER\n")
    (tmp_path / "a.conll").write_text("Ada B-PER\nOrne E-PER\n")
    documents, report = read(tmp_path)
    assert report.choices["scheme"] == "bioes"
    assert [len(document.spans or ()) for document in documents] == [1, 2]


def test_files_with_other_columns_are_a_warning(tmp_path: Path) -> None:
    write(tmp_path, a_conll="Ada B-PER\nleft O\n", b_conll="Bo NNP B-PER\nleft VBD O\n")
    documents, report = read(tmp_path)
    assert [len(document.spans or ()) for document in documents] == [1, 1]
    assert report.warnings == (
        "b.conll has other columns (words: column 0 (from 0), tags: column 2)",
    )


def test_errors_name_the_file(tmp_path: Path) -> None:
    write(tmp_path, a_conll="Ada B-PER\nleft O\n", b_conll="Bo B-PER\nleft O\ntoo many cells O\n")
    with pytest.raises(DataError) as caught:
        list(read_corpus(tmp_path))
    assert (caught.value.path, caught.value.line) == (tmp_path / "b.conll", 3)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="no file in columns"):
        list(read_corpus(f"conll:{empty}"))


def test_a_folder_of_tab_separated_columns(tmp_path: Path) -> None:
    documents, report = read(write(tmp_path, a_tsv="Ada\tB-PER\nleft\tO\n"))
    assert (report.format, len(documents)) == ("conll", 1)
    webanno = (
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Name|value\n\n#Text=Ada\n1-1\t0-3\tAda\tPER\t\n"
    )
    (tmp_path / "a.tsv").write_text(webanno)
    assert read(tmp_path)[1].format == "webanno"


def test_texts_without_their_tags(tmp_path: Path) -> None:
    write(tmp_path, a_conll="Ada B-PER\n", b_conll="Bo B-PER\n")
    config = CorpusConfig(path=tmp_path)
    assert [d.spans for d in read_corpus(config, with_tags=False)] == [None, None]
