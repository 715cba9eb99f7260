from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoModelForTokenClassification, AutoTokenizer

from vermeil.data.document import Document
from vermeil.errors import ConfigError, DataError
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task


def test_order_is_kept_and_spans_carry_scores(student: Student) -> None:
    texts = ["Bo went to Rome", "", "x", "a much longer text about nothing " * 4, "Al"]
    found = list(student.predict(texts))
    assert [d.text for d in found] == texts
    assert [d.id for d in found] == ["1", "2", "3", "4", "5"]
    spans = [s for d in found for s in d.spans or ()]
    assert spans
    assert all(s.score is not None and 0 < s.score <= 1 for s in spans)
    assert all(d.spans is not None for d in found)


def test_nothing_is_truncated(student: Student) -> None:
    """With windows, a word far down a long text is predicted as at the start of a short text."""
    [found] = student.predict([" ".join(["Bo met Al in Rome ."] * 60)])
    assert found.spans
    assert max(s.end for s in found.spans) > len(found.text) * 0.9


def test_what_is_batched_together_does_not_matter(student: Student) -> None:
    texts = ["Bo went to Rome", "Al , Cy and Di met in Bonn today", "x"]
    together = [d.spans for d in student.predict(texts)]
    alone = [next(iter(student.predict([text]))).spans for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert one is not None
        assert other is not None
        assert [s.key for s in one] == [s.key for s in other]
        scores, expected = ([s.score or 0 for s in spans] for spans in (one, other))
        np.testing.assert_allclose(scores, expected, rtol=1e-4)


def test_tokens_of_a_document_are_respected(student: Student) -> None:
    document = Document("d", "New York", tokens=((0, 3), (4, 8)))
    [found] = student.predict([document])
    bounds = {b for s in found.spans or () for b in (s.start, s.end)}
    assert bounds <= {0, 3, 4, 8}


def test_prediction_is_a_stream(student: Student) -> None:
    def endless() -> object:
        while True:
            yield "Bo"

    stream = student.predict(endless())  # type: ignore[arg-type]
    assert next(stream).text == "Bo"


def test_words_not_seen_whole_are_counted(student: Student) -> None:
    [found] = student.predict(["see " + "x" * 90])
    assert found.meta["truncated"] == 1


def test_saved_and_loaded_students_agree(student: Student, tmp_path: Path) -> None:
    student.save(tmp_path / "model", {"seed": 1})
    again = Student.load(tmp_path / "model")
    texts = ["Bo went to Rome", "Al , Cy and Di met in Bonn"]
    assert list(again.predict(texts)) == list(student.predict(texts))
    assert json.loads((tmp_path / "model/training.json").read_text()) == {"seed": 1}
    assert "Letter case" in (tmp_path / "model/README.md").read_text()


def test_plain_transformers_loads_the_folder(student: Student, tmp_path: Path) -> None:
    student.save(tmp_path / "model", {})
    model = AutoModelForTokenClassification.from_pretrained(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert model.config.id2label[1] == "B-PER"
    inputs = tokenizer("Bo went", return_tensors="pt")
    logits = model(**inputs).logits
    assert logits.shape == (1, 8, 5)


def test_a_folder_that_is_no_student(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a student"):
        Student.load(tmp_path)


def test_letter_case_is_refused_where_the_encoder_cannot_take_it(
    tmp_path: Path, encoder: Path, task: Task
) -> None:
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

    config = DistilBertConfig(vocab_size=300, dim=16, n_layers=1, n_heads=2, hidden_dim=32)
    DistilBertModel(config).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="letter_case"):
        Student.create(task, StudentConfig(encoder=str(tmp_path), letter_case=True), 0)
    assert not Student.create(task, StudentConfig(encoder=str(tmp_path)), 0).uses_letter_case


def test_classification_end_to_end(encoder: Path, topics: Task, tmp_path: Path) -> None:
    config = StudentConfig(encoder=str(encoder), max_wordpieces=24, overlap=8, threads=1)
    student = Student.create(topics, config, seed=1)
    student.save(tmp_path / "model", {})
    [short, long] = Student.load(tmp_path / "model").predict(["a game", "a market " * 30])
    assert short.labels
    assert long.labels
    assert set(short.labels + long.labels) <= {"sport", "trade"}
