"""Outcomes of single spans, and word metrics on the teacher's errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vermeil.data.document import Annotation, Document, Span
from vermeil.studies.cells.span_outcomes import SpanOutcomes
from vermeil.studies.cells.word_metrics import (
    ScoredDocument,
    sharpness_metrics,
    silver_word_metrics,
)
from vermeil.studies.results.observation import WordLosses
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task


def spans(*found: tuple[int, int, str]) -> Annotation:
    return Annotation(tuple(Span(*one) for one in found))


def test_every_span_is_followed(task: Task) -> None:
    gold = [
        Document("1", "Bo Al went to Rome", annotation=spans((0, 5, "PER"), (14, 18, "LOC"))),
        Document("2", "Oslo and Bo", annotation=spans((0, 4, "LOC"), (9, 11, "PER"))),
    ]
    outcomes = SpanOutcomes(gold, task)
    first = outcomes.add([spans((0, 2, "PER"), (14, 18, "PER")), spans((0, 8, "PER"))])
    second = outcomes.add([spans((0, 5, "PER"), (6, 10, "LOC")), gold[1].annotation])
    assert first.overall.correct == 0
    assert second.overall.correct == 3
    record = outcomes.record()
    assert record.gold == {"LOC": 2, "PER": 2}
    assert record.found == ("txbm", "m...")
    assert record.wrong == {"LOC": 1, "PER": 3}
    assert record.mistakes == ("0111", "1000")
    assert record.spurious == "1000"


def test_labels_of_texts_are_followed_too() -> None:
    labels: dict[str, Any] = {"sport": {}, "politics": {}}
    topics = make_task(TaskConfig.model_validate({"name": "classification", "labels": labels}))
    gold = [Document("1", "a", annotation=Annotation(labels=("sport",)))]
    outcomes = SpanOutcomes(gold, topics)
    outcomes.add([Annotation(labels=("politics",))])
    outcomes.add([Annotation(labels=("sport",))])
    record = outcomes.record()
    assert record.found == ("t", ".")
    assert record.mistakes == ("1", "0")


def test_words_of_silver(task: Task) -> None:
    o, per, loc = (task.classes.index(name) for name in ("O", "B-PER", "B-LOC"))
    rows = np.full((4, len(task.classes)), 0.0, np.float32)
    rows[[0, 1, 2, 3], [o, per, loc, per]] = 0.5
    rows[[0, 1, 2, 3], [per, o, per, loc]] = 0.5
    rows[3] = 0
    rows[3, per] = 1.0
    silver, gold = np.array([o, per, per, per]), np.array([o, per, loc, loc])
    documents = [ScoredDocument([(i, i + 1) for i in range(4)], rows, silver, gold)]
    record = silver_word_metrics(documents, task)
    half = round(math.log(2), 4)
    assert record.clean == WordLosses(words=2, loss=half, gold_loss=half)
    assert record.clean_spans.words == 1
    assert record.noisy.words == 2
    assert record.noisy.loss == round(math.log(2) / 2, 4)
    as_silver = int(rows[2].argmax() == per) + 1
    assert record.pairs == {"LOC>PER": (2, as_silver, 2 - as_silver)}
    sharp = sharpness_metrics(documents, task)
    assert sharp.words == 4
    assert sharp.span_words == 3
    assert sharp.entropy == round(3 * math.log(2) / 4, 4)
    assert sharp.confidence == (0.5 * 3 + 1) / 4


def test_words_with_unknown_labels_do_not_count(task: Task) -> None:
    rows = np.full((2, len(task.classes)), 1 / len(task.classes), np.float32)
    documents = [ScoredDocument([(0, 1), (1, 2)], rows, np.array([-100, 0]), np.array([0, 0]))]
    assert silver_word_metrics(documents, task).clean.words == 1
    assert sharpness_metrics(documents, task).words == 1
