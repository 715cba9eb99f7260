"""Predictions on a PDF carry the page of each span."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.document_files import write_pdf

from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task

pytest.importorskip("pypdfium2")


def test_the_page_of_each_span_is_in_the_prediction(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    path = write_pdf(tmp_path / "x.pdf", ["Bo went to Rome", "Al went to Oslo"])
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    whole = list(read_corpus(CorpusConfig(path=path, text_unit="file")))
    (document,) = student.predict(whole)
    second = document.text.index("Al")
    expected = [1 if span.start < second else 2 for span in document.spans or ()]
    assert expected
    assert document.meta["span_pages"] == expected
    pages = list(student.predict(read_corpus(path)))
    assert [one.meta["page"] for one in pages] == [1, 2]
    assert [set(one.meta["span_pages"]) <= {one.meta["page"]} for one in pages] == [True, True]
