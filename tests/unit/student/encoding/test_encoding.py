from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.example import IGNORED
from vermeil.student.config import StudentConfig
from vermeil.student.encoding.features import CASES, NONE, TITLE
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task


@pytest.fixture
def student(encoder: Path, task: Task) -> Student:
    config = StudentConfig(encoder=str(encoder), max_wordpieces=20, overlap=6, threads=1)
    return Student.create(task, config, seed=0)


def gold(text: str, *spans: Span, **fields: object) -> Document:
    return Document("d", text, annotation=Annotation(spans=spans), **fields)  # type: ignore[arg-type]


def test_the_first_wordpiece_of_each_word_is_trained(student: Student) -> None:
    [example] = student.encode([gold("Bo met Al", Span(0, 2, "PER"))], "gold").examples
    classes = student.task.classes
    trained = [(i, classes[c]) for i, c in enumerate(example.classes) if c != IGNORED]
    assert trained == [(1, "B-PER"), (3, "O"), (6, "O")]
    assert example.size == 9  # [CLS] b o m e t a l [SEP]


def test_letter_case_goes_with_every_wordpiece_of_a_word(student: Student) -> None:
    [example] = student.encode([gold("Bo is")], "gold").examples
    assert example.features is not None
    assert example.features.tolist() == [NONE, TITLE, TITLE, 0, 0, NONE]


def test_a_cased_encoder_gets_no_letter_case(cased_encoder: Path, task: Task) -> None:
    config = StudentConfig(encoder=str(cased_encoder), threads=1)
    student = Student.create(task, config, seed=0)
    assert not student.uses_letter_case
    [example] = student.encode([gold("Bo is")], "gold").examples
    assert example.features is None


def test_hints_go_with_letter_case(encoder: Path, task: Task) -> None:
    config = StudentConfig(encoder=str(encoder), threads=1)
    hints = {"d": Annotation(spans=(Span(0, 2, "PER"),), abstain=((3, 5),))}
    student = Student.create(task, config, 0, hints)
    documents = [gold("Bo is"), replace(gold("Bo is"), id="e")]
    [example] = student.encode(documents[:1], "gold").examples
    hint = CASES * task.classes.index("B-PER")
    assert example.features is not None
    # What the hints do not know counts as nothing.
    assert example.features.tolist() == [NONE, TITLE + hint, TITLE + hint, 0, 0, NONE]
    assert student.network.config.type_vocab_size == CASES * len(task.classes)
    with pytest.raises(KeyError):
        student.encode(documents, "gold")


def test_only_encoders_of_berts_kind_take_hints(cased_encoder: Path, task: Task) -> None:
    config = StudentConfig(encoder=str(cased_encoder), threads=1)
    [example] = (
        Student.create(task, config, 0, {"d": Annotation()})
        .encode([gold("Bo is")], "gold")
        .examples
    )
    assert example.features is not None  # letter case, too, though the encoder has it itself


def test_long_documents_are_cut_into_windows_that_train_each_word_once(student: Student) -> None:
    text = " ".join(f"w{i:02d}" for i in range(30))
    examples = student.encode([gold(text)], "silver").examples
    assert len(examples) > 2
    assert max(e.size for e in examples) <= 20
    assert sum(int((e.classes != IGNORED).sum()) for e in examples) == 30
    assert {e.origin for e in examples} == {"silver"}


def test_unannotated_documents_are_counted(student: Student) -> None:
    corpus = student.encode([Document("a", "nobody looked"), gold("Bo")], "silver")
    assert len(corpus.examples) == 1
    assert corpus.encoding_losses == {"nothing_to_learn": 1}


def test_a_word_longer_than_a_window_is_counted_and_still_trained(student: Student) -> None:
    corpus = student.encode([gold("see " + "x" * 99 + " now")], "gold")
    assert corpus.encoding_losses == {"long_word": 1}
    assert sum(int((e.classes != IGNORED).sum()) for e in corpus.examples) == 3


def test_a_word_that_the_tokenizer_drops_keeps_its_place(student: Student) -> None:
    [example] = student.encode(
        [gold("a \u200b\u200b b", tokens=((0, 1), (2, 4), (5, 6)))], "gold"
    ).examples
    assert int((example.classes != IGNORED).sum()) == 3


def test_weights_reach_the_examples(student: Student) -> None:
    document = gold("Bo met Al", Span(0, 2, "PER", weight=0.25), weight=2.0)
    [example] = student.encode([document], "silver").examples
    trained = example.classes != IGNORED
    np.testing.assert_allclose(example.weights[trained], [0.5, 2.0, 2.0])


def test_classification_trains_every_window_with_its_share(encoder: Path, topics: Task) -> None:
    config = StudentConfig(encoder=str(encoder), max_wordpieces=20, overlap=4, threads=1)
    student = Student.create(topics, config, seed=0)
    text = " ".join(["word"] * 12)
    document = Document("d", text, annotation=Annotation(labels=("trade",)))
    examples = student.encode([document], "gold").examples
    assert len(examples) > 1
    assert all(student.task.classes[int(e.classes[0])] == "trade" for e in examples)
    assert sum(float(e.weights[0]) for e in examples) == pytest.approx(1.0)
