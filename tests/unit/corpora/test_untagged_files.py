"""Files without tags beside tagged ones, large values on one line, and named keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.reading import ReadReport


def test_the_scheme_of_a_folder_is_that_of_its_tagged_files(tmp_path: Path) -> None:
    untagged = "1\tAda\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n2\t.\t_\t_\t_\t_\t_\t_\t_\t_\n"
    (tmp_path / "a.conllu").write_text(untagged)
    (tmp_path / "b.iob").write_text("Ada S-PER\nmet O\nBo B-PER\nLee E-PER\n")
    config = CorpusConfig.model_validate({"path": tmp_path, "format": "conll", "scheme": "bioes"})
    plain, tagged = read_corpus(config)
    assert plain.spans is None
    assert [span.key for span in tagged.spans or ()] == [(0, 3, "PER"), (8, 14, "PER")]


def test_text_that_begins_like_an_archive_within_a_line_is_text(tmp_path: Path) -> None:
    path = tmp_path / "one-line.json"
    start = '[{"id": "a", "text": "'
    text = "x" * ((1 << 16) - len(start)) + "BZh9" + "y" * 100
    path.write_text(f'{start}{text}"}}]')
    (document,) = read_corpus(CorpusConfig(path=path))
    assert document.text == text


def test_a_key_that_the_format_does_not_use_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "b"}) + "\n")
    reports: list[ReadReport] = []
    config = CorpusConfig(path=path, format="jsonl", id_key="name")
    assert list(read_corpus(config, on_read=reports.append))
    assert any("id_key" in warning for warning in reports[0].warnings)


@pytest.mark.parametrize("value", ["a", 7])
def test_a_named_column_of_a_table_is_never_replaced_by_another(
    value: object, tmp_path: Path
) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    from vermeil.errors import DataError

    spans = [{"start": 0, "end": 1, "label": "X"}]
    row = {"text": "b c", "mine": value, "spans": spans}
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.Table.from_pylist([row]), path)
    with pytest.raises(DataError, match="expected a list of start, end and label"):
        list(read_corpus(CorpusConfig(path=path, tag_key="mine")))
