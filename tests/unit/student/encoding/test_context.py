from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.toys import blending, sentences

from vermeil.data.document import UNANNOTATED, Annotation, Document, Span
from vermeil.data.example import IGNORED
from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.student.encoding.context import balance_windows
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task
from vermeil.training.fit import plan_for, train_student


def make_student(encoder: Path, task: Task, **settings: Any) -> Student:
    given = {"encoder": str(encoder), "threads": 1, "context": "group", **settings}
    return Student.create(task, StudentConfig.model_validate(given), seed=0)


def document(name: str, text: str, group: str | None, *spans: Span) -> Document:
    return Document(name, text, group, annotation=Annotation(spans=spans))


def test_neighbours_of_a_group_share_a_window_and_every_word_is_trained_once(
    encoder: Path, task: Task
) -> None:
    documents = [
        document("a", "Bo is", "g", Span(0, 2, "PER")),
        document("b", "in Rome", "g", Span(3, 7, "LOC")),
        document("c", "Al", "h", Span(0, 2, "PER")),
    ]
    one_by_one = make_student(encoder, task, context="none").encode(documents, "gold").examples
    student = make_student(encoder, task)
    both, alone = student.encode(documents, "gold").examples
    first, second, _ = one_by_one
    assert both.input_ids.tolist() == [*first.input_ids[:-1], *second.input_ids[1:]]
    assert both.features is not None
    assert first.features is not None
    assert second.features is not None
    assert both.features.tolist() == [*first.features[:-1], *second.features[1:]]
    names = [student.task.classes[c] for c in both.classes[both.positions]]
    assert names == ["B-PER", "O", "O", "B-LOC"]
    assert (both.classes != IGNORED).sum() == 4
    np.testing.assert_array_equal(both.weights[both.positions], 1)
    assert alone.input_ids.tolist() == one_by_one[2].input_ids.tolist()


def test_documents_without_a_group_and_long_ones_are_read_by_themselves(
    encoder: Path, task: Task
) -> None:
    student = make_student(encoder, task, max_wordpieces=20, overlap=4)
    long = document("l", " ".join(["word"] * 12), "g")
    short = [document(n, "Bo is", "g") for n in "ab"]
    loose = [document(n, "Al is", None) for n in "cd"]
    corpus = student.encode([*short, long, *short, *loose], "gold")
    sizes = [e.size for e in corpus.examples]
    assert sizes[0] == 2 + 8
    assert sizes[-3:] == [2 + 8, 2 + 4, 2 + 4]
    assert max(sizes) <= 20
    assert sum(int((e.classes != IGNORED).sum()) for e in corpus.examples) == 12 + 4 * 2 + 2 * 2


def test_a_document_without_annotation_is_context_only(encoder: Path, task: Task) -> None:
    documents = [document("a", "Bo is", "g"), Document("b", "in Rome", "g")]
    [example] = make_student(encoder, task).encode(documents, "silver").examples
    assert (example.classes != IGNORED).sum() == 2
    assert example.size == 2 + 4 + 6


def test_gold_and_silver_never_share_an_example(encoder: Path, task: Task) -> None:
    student = make_student(encoder, task)
    gold = student.encode(sentences(12, per_group=4), "gold")
    silver = student.encode(sentences(12, per_group=4), "silver")
    plan = plan_for(gold, silver, blending("schedule", 2), 0)
    sizes = [e.size for e in (*gold.examples, *silver.examples)]
    for batch, wordpieces, share in zip(
        plan.batches, plan.wordpieces, plan.realised_share, strict=True
    ):
        assert sum(sizes[i] for i in batch) == wordpieces
        in_gold = sum(sizes[i] for i in batch if i < len(gold.examples))
        assert share == pytest.approx(in_gold / wordpieces)
    assert {e.origin for e in gold.examples} == {"gold"}


@pytest.mark.parametrize("crf", [False, True])
def test_a_group_is_read_together_in_prediction_too(
    encoder: Path, task: Task, tmp_path: Path, crf: bool
) -> None:
    student = make_student(encoder, task, learning_rate=1e-2, crf=crf, max_wordpieces=70)
    gold = sentences(24, per_group=3)
    corpora = student.encode(gold, "gold"), student.encode([], "silver")
    train_student(student, *corpora, blending(), 0)
    student.save(tmp_path / "model", {})
    loaded = Student.load(tmp_path / "model")
    plain = [d.with_annotation(UNANNOTATED) for d in gold]
    found = list(loaded.predict(plain))
    assert [d.id for d in found] == [d.id for d in gold]
    right = sum(
        {s.key for s in one.spans or ()} == {s.key for s in other.spans or ()}
        for one, other in zip(found, gold, strict=True)
    )
    assert right >= 22
    apart = list(loaded.predict([replace(d, group=None) for d in plain]))
    scores = [[s.score for d in docs for s in d.spans or ()] for docs in (found, apart)]
    assert scores[0] != scores[1]


def test_texts_are_predicted_without_groups(encoder: Path, task: Task) -> None:
    found = list(make_student(encoder, task).predict(["Bo is in Rome", "", "Al"]))
    assert [d.id for d in found] == ["1", "2", "3"]


def test_a_task_that_labels_whole_texts_has_neither_context_nor_crf(
    encoder: Path, topics: Task
) -> None:
    with pytest.raises(ConfigError) as error:
        make_student(encoder, topics, crf=True)
    assert [p.split(":")[0] for p in error.value.problems] == ["student.context", "student.crf"]


def test_windows_are_few_and_evenly_filled() -> None:
    assert balance_windows([5, 5, 5, 5], 15) == [2, 2]
    assert balance_windows([5, 5, 5, 5], 20) == [4]
    assert balance_windows([9, 1, 9], 10) == [2, 1]
    assert balance_windows([0, 0], 10) == [2]
    assert balance_windows([7], 10) == [1]
