"""Parquet and datasets folders: rows of other makers, and what is wrong with them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.corpora.config import FileFormat
from vermeil.corpora.reading import ReadReport
from vermeil.data.document import Document
from vermeil.errors import ConfigError, DataError


def table(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def read(path: Path | str, **config: Any) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=path, **config)))


def test_words_with_tags_as_strings_and_a_scheme_that_is_recognised(tmp_path: Path) -> None:
    path = table(
        tmp_path / "x.parquet",
        tokens=[["EU", "says"], ["Ann", "Lee"], ["no", "tags"]],
        tags=[["S-ORG", "O"], ["B-PER", "E-PER"], None],
        doc=[1, 1, 2],
    )
    first, second, third = read(path)
    assert (first.id, first.text, first.group) == ("x-0", "EU says", None)
    assert [s.key for s in second.spans or ()] == [(0, 7, "PER")]
    assert third.spans is None
    with pytest.raises(DataError, match=r"x.parquet:1: 'S-ORG' is not a tag of IOB2"):
        read(path, scheme="iob2")


def test_texts_without_spans_and_the_column_that_is_asked_for(tmp_path: Path) -> None:
    (plain,) = read(table(tmp_path / "t.parquet", text=["Ann"], source=["paper"]))
    assert (plain.text, plain.spans) == ("Ann", None)
    path = table(tmp_path / "w.parquet", tokens=[["a"]], ner_tags=[["O"]], mine=[["B-X"]])
    (document,) = read(path, tag_key="mine")
    assert [s.label for s in document.spans or ()] == ["X"]


@pytest.mark.parametrize(
    ("columns", "line", "message"),
    [
        ({"body": ["x"]}, None, "has the columns body; expected tokens and ner_tags, or text"),
        (
            {"tokens": [["a"]], "ner_tags": [[1]]},
            None,
            "1 is not a label, and the file has no names",
        ),
        ({"text": ["ok", None]}, 2, '"text" is null; expected a string'),
        ({"text": ["x"], "spans": [[{"from": 0}]]}, 1, "a span has from; expected label"),
        ({"text": ["x"], "spans": [[3]]}, 1, "spans are [3]; expected a list of start, end"),
        ({"tokens": [["a", ""]], "tags": [["O", "O"]]}, 1, "word 2 is empty"),
        ({"tokens": [["a"]], "text": ["b"]}, 1, "text is not the tokens in order"),
    ],
)
def test_errors_name_file_and_row(
    tmp_path: Path,
    columns: dict[str, list[list[dict[str, int] | int | str] | str | None]],
    line: int | None,
    message: str,
) -> None:
    path = table(tmp_path / "x.parquet", **columns)
    with pytest.raises(DataError) as caught:
        read(path)
    assert message in str(caught.value)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_what_is_no_table_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(
        DataError, match=r"x.parquet: is neither a Parquet nor an Arrow file, or is"
    ):
        read(tmp_path / "x.parquet")
    with pytest.raises(DataError, match="there is no such file"):
        read(tmp_path / "y.parquet")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="holds neither a dataset nor Parquet files"):
        read(tmp_path / "folder", format="datasets")


def test_the_name_of_a_table_does_not_matter_if_its_format_is_named(tmp_path: Path) -> None:
    write_corpus([Document("a", "x")], tmp_path / "table", "parquet")
    assert read(f"parquet:{tmp_path / 'table'}") == [Document("a", "x")]


def test_shards_are_read_in_order_and_splits_are_not_mixed(tmp_path: Path) -> None:
    for number, name in enumerate(("train-00000-of-00002", "train-00001-of-00002")):
        table(tmp_path / f"{name}.parquet", id=[str(number)], text=["x"])
    assert [document.id for document in read(tmp_path)] == ["0", "1"]
    table(tmp_path / "test-00000-of-00001.parquet", text=["x"])
    with pytest.raises(DataError, match="holds the splits test, train; put the files of each"):
        read(tmp_path)


def test_many_rows_make_several_batches(tmp_path: Path) -> None:
    documents = [Document(str(number), f"text {number}") for number in range(2500)]
    files: dict[str, FileFormat] = {"x.parquet": "parquet", "folder": "datasets"}
    for where, name in files.items():
        write_corpus(documents, tmp_path / where, name)
        assert read(tmp_path / where) == documents
    assert pq.ParquetFile(tmp_path / "x.parquet").num_row_groups == 3


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        ("pyarrow", "x.parquet", r"needs pyarrow: pip install \"\.\[parquet\]\""),
        ("spacy", "x.spacy", r"needs spacy: pip install \"\.\[spacy\]\""),
    ],
)
def test_a_missing_library_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    for act in (read, lambda path: write_corpus([Document("a", "x")], path)):
        with pytest.raises(ConfigError, match=message):
            act(tmp_path / name)


def test_strings_in_a_column_of_spans_do_not_hide_the_tags(tmp_path: Path) -> None:
    path = table(
        tmp_path / "x.parquet",
        tokens=[["Ann", "Lee"]],
        ner_tags=[["B-PER", "I-PER"]],
        spans=[["PER: Ann Lee"]],
        langs=[["en", "en"]],
    )
    reports: list[ReadReport] = []
    (document,) = read_corpus(CorpusConfig(path=path), on_read=reports.append)
    assert [s.key for s in document.spans or ()] == [(0, 7, "PER")]
    assert reports[0].skipped == {"column spans": 1, "column langs": 1}
    assert reports[0].choices["tags"] == "column ner_tags"


def test_tags_without_prefix_in_a_table(tmp_path: Path) -> None:
    path = table(tmp_path / "x.parquet", tokens=[["a", "b", "c"]], ner_tags=[["art", "art", "O"]])
    (document,) = read(path)
    assert [s.key for s in document.spans or ()] == [(0, 3, "art")]


@pytest.mark.parametrize("option", ["tag_key", "token_key", "text_key", "id_key"])
def test_a_named_column_that_is_missing_is_an_error(tmp_path: Path, option: str) -> None:
    path = table(tmp_path / "x.parquet", tokens=[["a"]], ner_tags=[["O"]])
    with pytest.raises(DataError, match=rf"no column 'x' \({option}\); it has tokens, ner_tags"):
        read(path, **{option: "x"})


def test_all_columns_may_be_named(tmp_path: Path) -> None:
    path = table(tmp_path / "x.parquet", words=[["a", "b"]], mine=[["B-X", "O"]], key=["k"])
    (document,) = read(path, token_key="words", tag_key="mine", id_key="key")
    assert (document.id, [s.key for s in document.spans or ()]) == ("k", [(0, 1, "X")])
    path = table(
        tmp_path / "t.parquet", body=["Ann"], found=[[{"start": 0, "end": 3, "label": "P"}]]
    )
    (document,) = read(path, text_key="body", tag_key="found")
    assert [s.key for s in document.spans or ()] == [(0, 3, "P")]
