"""Scores of files whose documents have no ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from vermeil.corpora import CorpusConfig
from vermeil.corpora.reading import ReadReport
from vermeil.errors import DataError
from vermeil.jobs.evaluate_files import agreement_of_files, evaluate_files

GOLD = "Rita B-PER\nria O\n\nBern B-LOC\n"


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_files_of_other_names_are_matched_by_order(tmp_path: Path) -> None:
    gold = written(tmp_path / "gold.conll", GOLD)
    predicted = written(tmp_path / "predicted.conll", GOLD.replace("B-LOC", "O"))
    reports: list[ReadReport] = []
    result = evaluate_files(predicted, CorpusConfig(path=gold), on_read=reports.append)
    assert result.appraisal.counts.overall.correct == 1
    assert [report.path for report in reports] == [gold, predicted]
    assert agreement_of_files(predicted, gold).counts.documents == 2


def test_ids_of_one_file_alone_are_matched_by_order_too(tmp_path: Path) -> None:
    gold = written(tmp_path / "gold.conll", "# id = r\nRita B-PER\nria O\n\n# id = b\nBern B-LOC\n")
    predicted = written(tmp_path / "predicted.conll", GOLD)
    result = evaluate_files(predicted, CorpusConfig(path=gold))
    assert result.appraisal.counts.overall.correct == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOLD.replace("Bern", "Rome"), "document 2 has another text than in"),
        ("Rita B-PER\nria O\n", "holds 1 documents, but"),
    ],
)
def test_other_texts_are_an_error_that_names_the_origin_of_the_ids(
    tmp_path: Path, text: str, message: str
) -> None:
    gold = written(tmp_path / "gold.conll", GOLD)
    predicted = written(tmp_path / "predicted.conll", text)
    with pytest.raises(DataError, match=rf"{message}.*ids were made from a file name"):
        evaluate_files(predicted, CorpusConfig(path=gold))
