"""Measurement of the speed of training and prediction, in as many processes as a study uses."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from vermeil.data.document import Document
from vermeil.demo.budget import DemoSpeed
from vermeil.demo.settings import DemoSettings
from vermeil.jobs.executor import exit_with_parent
from vermeil.tasks import make_task

_STEPS = 14
_WARM_UP = 4
"""First steps, which are slower: oneDNN compiles its matrix products."""
_SCORED = 40
"""Documents whose prediction is measured."""


class Calibration(NamedTuple):
    """Measured speed, and the wordpieces that each cell predicts."""

    speed: DemoSpeed
    scored: int


def calibrate(
    settings: DemoSettings, gold: Sequence[Document], scored: Sequence[Document]
) -> Calibration:
    """Train and predict for a few seconds in as many processes as the study has workers.

    Args:
        settings: network, batches, threads and workers of the study.
        gold: documents of the training.
        scored: documents that every cell predicts.
    """
    workers = settings.study.workers
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=exit_with_parent
    ) as pool:
        futures = [pool.submit(measure_speed, settings, gold, scored) for _ in range(workers)]
        measured = [future.result() for future in futures]
    training, scoring = (min(getattr(one.speed, name) for one in measured) for name in _NAMES)
    return Calibration(DemoSpeed(training, scoring), measured[0].scored)


_NAMES = ("training", "scoring")


def measure_speed(
    settings: DemoSettings, gold: Sequence[Document], scored: Sequence[Document]
) -> Calibration:
    """Measure the speed of this process, on the beginning of a training like that of a cell."""
    from vermeil.student.student import Student
    from vermeil.training.fit import train_student

    size = settings.blending.budget.batch_wordpieces
    budget = settings.blending.budget.model_copy(update={"wordpieces": _STEPS * size})
    blending = settings.blending.model_copy(update={"regimen": "gold_only", "budget": budget})
    student = Student.create(make_task(settings.task), settings.student, 0)
    corpora = student.encode(gold, "gold"), student.encode((), "silver")
    steps = train_student(student, *corpora, blending, 0).steps
    kept = steps[_WARM_UP:] or steps
    seconds = sum(step.wordpieces / step.wordpieces_per_second for step in kept)
    training = sum(step.wordpieces for step in kept) / seconds

    few = list(scored[:_SCORED])
    wordpieces = sum(example.size for example in student.encode(few, "gold").examples)
    began = time.perf_counter()
    list(student.predictor().predict(few))
    scoring = wordpieces / (time.perf_counter() - began)
    whole = round(wordpieces * len(scored) / max(1, len(few)))
    return Calibration(DemoSpeed(training, scoring), whole)
