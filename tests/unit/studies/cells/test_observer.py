"""Observing a cell: what it holds, and that training does not notice it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.student.student import Student
from vermeil.studies.cells.observation_set import observation_steps, sample_observation_set
from vermeil.studies.cells.observer import MechanismObserver
from vermeil.studies.cells.sampling import CellDocuments
from vermeil.studies.config import MechanismConfig
from vermeil.studies.inputs import StudyCorpora
from vermeil.tasks.protocol import Task
from vermeil.training.fit import plan_for, train_student

CONFIG = MechanismConfig(regimens=("all",), points=4, documents=9, wordpieces=16)


def sentences(prefix: str, number: int) -> tuple[Document, ...]:
    found = []
    for i in range(number):
        name, place = ("Bo", "Al", "Cy")[i % 3], ("Rome", "Oslo")[i % 2]
        text = f"{prefix} {i}: {name} went to {place}"
        spans = tuple(
            Span(text.index(s), text.index(s) + len(s), label)
            for s, label in ((name, "PER"), (place, "LOC"))
        )
        found.append(Document(f"{prefix}-{i}", text, None, None, Annotation(spans)))
    return tuple(found)


def mistaken(document: Document) -> Document:
    """Return the annotation of a teacher that labels every place as a person."""
    name, place = document.spans or ()
    return document.with_annotation(Annotation((name, replace(place, label="PER"))))


def train(task: Task, encoder: Path, *, observed: bool, regimen: str = "simple_mix") -> Any:
    pool = sentences("pool", 24)
    draw = CellDocuments(sentences("gold", 12), tuple(map(mistaken, pool)))
    corpora = StudyCorpora([*draw.gold, *pool], draw.silver, sentences("dev", 20))
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), 3)
    gold, silver = student.encode(draw.gold, "gold"), student.encode(draw.silver, "silver")
    blending = BlendingConfig.model_validate(
        {
            "regimen": regimen,
            "budget": {"gold_epochs": 4, "silver_epochs": 3, "batch_wordpieces": 128},
        }
    )
    plan = plan_for(gold, silver, blending, 3)
    probes = sample_observation_set(draw, corpora, CONFIG, 3)
    observer = MechanismObserver(student, gold, silver, plan, probes, 3) if observed else None
    train_student(student, gold, silver, blending, 3, TrainingHooks(observer=observer))
    return student, plan, observer and observer.observation()


def test_training_does_not_notice_the_observation(task: Task, encoder: Path) -> None:
    alone, _, _ = train(task, encoder, observed=False)
    watched, _, _ = train(task, encoder, observed=True)
    expected = alone.network.state_dict()
    for name, weights in watched.network.state_dict().items():
        assert torch.equal(weights, expected[name]), name
    assert watched.network.training is alone.network.training


def test_the_recording_is_the_same_every_time(task: Task, encoder: Path) -> None:
    _, _, first = train(task, encoder, observed=True)
    _, _, second = train(task, encoder, observed=True)
    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)


def test_what_is_observed(task: Task, encoder: Path) -> None:
    _, plan, record = train(task, encoder, observed=True)
    steps = [point.step for point in record.points]
    assert steps == observation_steps(plan, CONFIG.points)
    last_silver = int(np.flatnonzero(plan.planned_share == 0)[-1]) + 1
    assert last_silver in steps
    assert steps[-1] == plan.steps
    assert record.dev_documents == 9
    assert record.spans.gold == {"LOC": 9, "PER": 9}
    for point, found, mistakes in zip(
        record.points, record.spans.found, record.spans.mistakes, strict=True
    ):
        right = sum(row[0] for row in point.per_label.values())
        wrong = sum(row[1] - row[0] for row in point.per_label.values())
        assert found.count(".") == right
        assert len(found) == 18
        assert mistakes.count("1") == wrong
        kinds = [kind for row in point.errors.values() for kind in row.items()]
        assert sum(n for kind, n in kinds if kind != "spurious") == 18 - right
        sharp = point.sharpness
        assert 0 <= sharp.entropy <= np.log(len(task.classes))
        assert 1 / len(task.classes) <= sharp.confidence <= 1
        assert sharp.span_words == 18
        noisy = point.silver.noisy
        assert noisy.words == point.silver.pairs["LOC>PER"][0] == 9
        assert point.silver.clean_spans.words == 9
        gradients = point.gradients
        for pair in ("gold_silver", "gold_dev", "silver_dev"):
            assert -1.001 <= gradients[pair] <= 1.001
        assert min(gradients[f"{name}_norm"] for name in ("gold", "silver", "dev")) > 0


def test_moments_hold_jumps_and_the_end() -> None:
    class Plan:
        steps = 100
        planned_share = np.repeat([0.0, 1.0], [73, 27])

    assert observation_steps(Plan, 8) == [13, 25, 38, 50, 63, 73, 88, 100]  # type: ignore[arg-type]
    Plan.planned_share = np.linspace(0, 1, 100)
    assert observation_steps(Plan, 4) == [25, 50, 75, 100]  # type: ignore[arg-type]


def test_a_recording_needs_dev(task: Task) -> None:
    draw = CellDocuments(sentences("gold", 3), ())
    with pytest.raises(ConfigError, match=r"corpora\.dev"):
        sample_observation_set(draw, StudyCorpora(draw.gold), CONFIG, 0)
    assert task.labels
