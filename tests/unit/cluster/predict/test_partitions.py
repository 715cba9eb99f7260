"""Partitions in pyarrow's file systems, with a trivial prediction."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from vermeil.cluster.predict.partitions import Partition, list_partitions, output_name
from vermeil.cluster.storage import StorageUri
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import DataError


def marked(documents: Iterable[Document]) -> Iterator[Document]:
    for document in documents:
        yield document.with_annotation(Annotation(spans=(Span(0, 1, "PER", 0.5),)))


def places(tmp_path: Path) -> tuple[StorageUri, StorageUri]:
    (tmp_path / "in").mkdir()
    return StorageUri(str(tmp_path / "in")), StorageUri((tmp_path / "out").as_uri())


def test_lines_end_only_at_line_feeds(tmp_path: Path) -> None:
    source, output = places(tmp_path)
    text = "\ufeffone\r\n\ntw\u2028o\x85\nthree"
    (tmp_path / "in/a.txt").write_text(text, "utf-8", newline="")
    assert Partition("a.txt", source, output).convert(marked) == 3
    lines = (tmp_path / "out/a.jsonl").read_text("utf-8").split("\n")[:-1]
    found = [(d["id"], d["text"]) for d in map(json.loads, lines)]
    assert found == [("a:1", "one"), ("a:3", "tw\u2028o\x85"), ("a:4", "three")]


def test_compressed_stays_compressed(tmp_path: Path) -> None:
    source, output = places(tmp_path)
    with gzip.open(tmp_path / "in/a.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write('{"id": "1", "text": "x"}\n')
    assert Partition("a.jsonl.gz", source, output).convert(marked) == 1
    with gzip.open(tmp_path / "out/a.jsonl.gz", "rt", encoding="utf-8") as file:
        assert json.loads(file.read())["spans"][0]["label"] == "PER"


def test_parquet_keeps_its_columns(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    source, output = places(tmp_path)
    table = pa.table({"tokens": [["Ada", "met"], ["x"]], "n": [1, 2]})
    parquet.write_table(table, tmp_path / "in/a.parquet")
    seen: list[Document] = []

    def predict(documents: Iterable[Document]) -> Iterator[Document]:
        for document in marked(documents):
            seen.append(document)
            yield document

    assert Partition("a.parquet", source, output).convert(predict) == 2
    assert [(d.id, d.text) for d in seen] == [("a:1", "Ada met"), ("a:2", "x")]
    assert seen[0].tokens is not None
    written = parquet.read_table(tmp_path / "out/a.parquet")
    assert written.select(["tokens", "n"]).equals(table)
    assert written["spans"].to_pylist()[0] == [{"start": 0, "end": 1, "label": "PER", "score": 0.5}]


def test_an_invalid_file_leaves_no_output(tmp_path: Path) -> None:
    source, output = places(tmp_path)
    (tmp_path / "in/a.jsonl").write_text('{"id": "1", "text": "x"}\n' * 2, "utf-8")
    with pytest.raises(DataError, match=r"a\.jsonl:2"):
        Partition("a.jsonl", source, output).convert(marked)
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == []


def test_partitions_are_the_visible_supported_files(tmp_path: Path) -> None:
    source, _ = places(tmp_path)
    with pytest.raises(DataError, match="holds no file"):
        list_partitions(source)
    for name in ("b/x.txt", "a.jsonl.gz", "_SUCCESS", ".hidden"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).touch()
    assert list_partitions(source) == ["a.jsonl.gz", "b/x.txt"]
    assert [output_name(name) for name in list_partitions(source)] == ["a.jsonl.gz", "b/x.jsonl"]
    (tmp_path / "in/c.doc").touch()
    with pytest.raises(DataError, match=r"c\.doc"):
        list_partitions(source)
