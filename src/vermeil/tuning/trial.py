"""One trial: a training with the values of one point, scored on dev several times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from vermeil.data import annotation_spans
from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.training.fit import dev_f1, fit_job
from vermeil.training.job import TrainJob
from vermeil.tuning.config import TuneConfig
from vermeil.tuning.space import MIN_SCORE, Values, apply_values, check_space


def check_search(job: TrainJob, config: TuneConfig) -> None:
    """Raise `ConfigError` if dev is missing or the search space is invalid."""
    if not job.dev:
        raise ConfigError("corpora.dev: missing; set it to the annotated file to score trials on")
    check_space(config, job.student, job.blending)


def train_trial(
    values: Values,
    job: TrainJob,
    evaluations: int,
    on_score: Callable[[float], None],
    threads: int | None = None,
) -> None:
    """Train one student with the values of one point, and score it on dev several times.

    Args:
        values: the point.
        job: documents, and the settings that the point does not contain.
        evaluations: number of scorings in a complete training.
        on_score: called after every scoring with F1 on dev. An exception that it raises ends the
            training.
        threads: number of compute threads; None: ``student.threads``.

    Raises:
        ConfigError: a value is invalid, or the encoder is not found.
        TrainingError: training diverged, or there is no training document.
    """
    from vermeil.student.student import Student

    settings, blending = apply_values(values, job.student, job.blending)
    update = {"select": "best_dev", "evaluations": evaluations, "patience": None}
    settings = settings.model_copy(
        update=update if threads is None else {**update, "threads": threads}
    )
    student = Student.create(job.task, settings, job.seed)
    silver = abstain_below(values.get(MIN_SCORE, 0.0), job.silver)

    def score() -> float:
        f1 = dev_f1(student, job.dev)
        on_score(f1)
        return f1

    own = replace(job, silver=silver, student=settings, blending=blending)
    fit_job(student, own, TrainingHooks(score=score))


def abstain_below(min_score: float, documents: Sequence[Document]) -> list[Document]:
    """Return documents in which spans with a lower score have become abstentions."""
    return [
        document.with_annotation(annotation_spans.abstain_below(document.annotation, min_score))
        for document in documents
    ]
