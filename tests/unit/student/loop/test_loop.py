from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.toys import blending, sentences

from vermeil.data.document import Annotation
from vermeil.data.example import IGNORED
from vermeil.errors import TrainingError
from vermeil.student.config import StudentConfig
from vermeil.student.network.dropout import TableDropout
from vermeil.student.student import Student
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.training.fit import plan_for, train_student


def trained(
    encoder: Path, task: Task, seed: int = 0, **settings: Any
) -> tuple[Student, list[float]]:
    config = StudentConfig(encoder=str(encoder), learning_rate=1e-2, threads=1, **settings)
    student = Student.create(task, config, seed)
    corpora = student.encode(sentences(24), "gold"), student.encode([], "silver")
    training = train_student(student, *corpora, blending(), seed)
    return student, [step.loss for step in training.steps]


def word_embeddings(student: Student) -> torch.Tensor:
    weights = student.network.get_input_embeddings().weight
    assert isinstance(weights, torch.Tensor)
    return weights


def classifier_weights(student: Student) -> torch.Tensor:
    return student.network.get_parameter("classifier.weight")


def test_a_student_learns_a_toy_corpus(encoder: Path, task: Task) -> None:
    student, losses = trained(encoder, task)
    assert losses[-1] < losses[0] / 3
    [found] = student.predict(["Al went to Lima today"])
    assert [(s.start, s.end, s.label) for s in found.spans or ()] == [
        (0, 2, "PER"),
        (11, 15, "LOC"),
    ]


def test_the_same_seed_gives_the_same_weights(encoder: Path, task: Task) -> None:
    one, _ = trained(encoder, task, seed=3)
    two, _ = trained(encoder, task, seed=3)
    other, _ = trained(encoder, task, seed=4)
    for name, tensor in one.network.state_dict().items():
        assert torch.equal(tensor, two.network.state_dict()[name]), name
    assert not torch.equal(classifier_weights(one), classifier_weights(other))


def test_word_embeddings_that_do_not_occur_stay_and_the_others_move(
    encoder: Path, task: Task
) -> None:
    config = StudentConfig(encoder=str(encoder), threads=1)
    before = word_embeddings(Student.create(task, config, 0))
    student, _ = trained(encoder, task)
    after = word_embeddings(student)
    moved = torch.ne(before, after).any(dim=1)
    used = np.unique(
        np.concatenate([e.input_ids for e in student.encode(sentences(24), "g").examples])
    )
    assert set(torch.nonzero(moved).flatten().tolist()) == set(used.tolist())


def test_word_embeddings_can_be_kept(encoder: Path, task: Task) -> None:
    config = StudentConfig(encoder=str(encoder), threads=1)
    before = word_embeddings(Student.create(task, config, 0))
    student, _ = trained(encoder, task, train_word_embeddings=False)
    assert torch.equal(before, word_embeddings(student))


def test_steps_are_recorded_as_planned(encoder: Path, task: Task) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), 0)
    gold, silver = student.encode(sentences(4), "gold"), student.encode(sentences(12), "silver")
    plan = plan_for(gold, silver, blending("simple_mix", 2), 0)
    training = train_student(student, gold, silver, blending("simple_mix", 2), 0)
    assert [s.gold_share for s in training.steps] == plan.realised_share.tolist()
    assert training.steps[0].gold_share == 0
    assert training.steps[-1].gold_share == 1
    assert sum(s.wordpieces for s in training.steps) == plan.total_wordpieces
    rates = [s.learning_rate for s in training.steps]
    assert max(rates) == pytest.approx(student.config.learning_rate)
    assert rates[-1] < rates[len(rates) // 2]


def test_a_loss_that_is_no_number_stops_training(encoder: Path, task: Task) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), 0)
    with torch.no_grad():
        classifier_weights(student).fill_(math.nan)
    corpora = student.encode(sentences(4), "gold"), student.encode([], "silver")
    with pytest.raises(TrainingError, match="learning_rate") as error:
        train_student(student, *corpora, blending(), 0)
    assert error.value.exit_code == 5


def test_a_regimen_without_its_documents_is_refused(encoder: Path, task: Task) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), 0)
    corpora = student.encode(sentences(4), "gold"), student.encode([], "silver")
    with pytest.raises(TrainingError, match="needs silver documents"):
        train_student(student, *corpora, blending("pooled"), 0)


def test_dropout_keeps_the_mean_and_drops_its_share() -> None:
    torch.manual_seed(0)
    dropout = TableDropout(0.1)
    ones = torch.ones(301, 333)
    dropped = dropout(ones)
    assert float((dropped == 0).float().mean()) == pytest.approx(0.1, abs=0.01)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.01)
    dropout.train(False)
    assert torch.equal(dropout(ones), ones)


def test_abstentions_do_not_reach_the_loss(encoder: Path, task: Task) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), 0)
    document = sentences(1)[0]
    masked = replace(document.annotation, abstain=((0, 2),))
    [example] = student.encode([document.with_annotation(masked)], "gold").examples
    [whole] = student.encode([document], "gold").examples
    assert (example.classes == IGNORED).sum() == (whole.classes == IGNORED).sum() + 1


@pytest.mark.parametrize("limit", [1, 40, 10_000])
def test_gradients_of_parts_add_up_to_those_of_the_whole(
    encoder: Path, task: Task, limit: int
) -> None:
    exact: dict[str, Any] = {"dropout": 0.0, "precision": "fp32"}
    whole, losses = trained(encoder, task, **exact)
    parts, found = trained(encoder, task, micro_batch_wordpieces=limit, **exact)
    np.testing.assert_allclose(found[:5], losses[:5], rtol=1e-3)
    [one], [other] = (s.predict(["Al went to Lima today"]) for s in (whole, parts))
    assert [s.key for s in one.spans or ()] == [s.key for s in other.spans or ()]


def test_a_crf_learns_what_follows_what(encoder: Path, task: Task, tmp_path: Path) -> None:
    student, losses = trained(encoder, task, crf=True)
    assert losses[-1] < losses[0] / 3
    assert student.crf is not None
    steps = student.crf.as_lists()
    classes = list(student.task.classes)
    out, begins = classes.index("O"), classes.index("B-PER")
    assert steps[begins][out] > steps[begins][begins]
    student.save(tmp_path / "model", {})
    loaded = Student.load(tmp_path / "model")
    assert loaded.crf is not None
    assert loaded.crf.as_lists() == steps
    before, after = (list(s.predict(["Al went to Lima today"])) for s in (student, loaded))
    assert before == after
    assert {s.label for s in after[0].spans or ()} == {"PER", "LOC"}


def test_bioes_classes_are_learnt(encoder: Path) -> None:
    labels: dict[str, Any] = {"PER": {}, "LOC": {}}
    task = make_task(TaskConfig.model_validate({"labels": labels, "scheme": "bioes"}))
    student, _ = trained(encoder, task)
    assert student.network.config.num_labels == 9
    [found] = student.predict(["Al went to Lima today"])
    assert [s.key for s in found.spans or ()] == [(0, 2, "PER"), (11, 15, "LOC")]


def test_soft_labels_are_learnt_only_where_that_is_wanted(encoder: Path, task: Task) -> None:
    [document] = sentences(1)
    name, place = document.spans or ()
    unsure = replace(name, soft={"PER": 0.6, "LOC": 0.4})
    uncertain = document.with_annotation(Annotation((unsure, place)))
    for wanted in (False, True):
        config = StudentConfig(encoder=str(encoder), soft_labels=wanted, threads=1)
        [example] = Student.create(task, config, 0).encode([uncertain], "silver").examples
        if not wanted:
            assert example.soft is None
            continue
        assert example.soft is not None
        np.testing.assert_allclose(example.soft[0], [0, 0.6, 0, 0.4, 0], atol=1e-6)


def test_what_is_more_likely_not_there_is_nothing_to_a_student_without_soft_labels(
    encoder: Path, task: Task
) -> None:
    [document] = sentences(1)
    name, place = document.spans or ()
    unlikely = replace(name, soft={"PER": 0.2, "LOC": 0.1})
    annotated = document.with_annotation(Annotation((unlikely, place)))
    config = StudentConfig(encoder=str(encoder), threads=1)
    [example] = Student.create(task, config, 0).encode([annotated], "silver").examples
    assert example.classes[example.positions].tolist() == [0, 0, 0, 3, 0]
    assert example.soft is not None
    np.testing.assert_allclose(example.soft[0], [0.7, 0.2, 0, 0.1, 0], atol=1e-6)
    assert task.count(document.annotation, annotated.annotation).overall.correct == 1
    assert task.count(document.annotation, annotated.annotation).overall.predicted == 1
