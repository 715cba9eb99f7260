"""Classification for real: the embedded encoder learns the topics of BBC articles."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Annotation, Document
from vermeil.evaluation.documents import evaluate
from vermeil.jobs.predict import predict
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.training.job import TrainJob

TRAIN, TEST = 150, 100
OPENING = 300
"""Characters of an article that are used: enough to tell its topic, and quick."""


def articles(path: Path) -> list[Document]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    order = np.random.default_rng(0).permutation(len(rows))[: TRAIN + TEST]
    return [
        Document(
            rows[i]["id"],
            rows[i]["text"][:OPENING],
            annotation=Annotation(labels=(rows[i]["topic"],)),
        )
        for i in order
    ]


@pytest.mark.slow
def test_a_student_learns_topics(vermeil_data: Path, tmp_path: Path) -> None:
    documents = articles(vermeil_data / "bbc.jsonl.gz")
    topics = sorted({label for d in documents for label in d.labels or ()})
    labels: dict[str, Any] = {topic: {} for topic in topics}
    task = make_task(TaskConfig.model_validate({"name": "classification", "labels": labels}))
    blending = {"regimen": "gold_only", "budget": {"gold_epochs": 3, "batch_wordpieces": 512}}
    train(
        TrainJob(
            gold=documents[:TRAIN],
            task=task,
            student=StudentConfig(learning_rate=2e-4),
            blending=BlendingConfig.model_validate(blending),
        ),
        tmp_path / "model",
    )
    test = documents[TRAIN:]
    counts = evaluate(predict(tmp_path / "model", test), test, task)
    assert counts.documents == TEST
    assert counts.overall.f1 > 0.85  # accuracy: every text has one label
    assert len(counts.per_label) == len(topics) == 5
