"""One trial: a training with the values of one point, scored on dev as it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.tuning.config import TuneConfig
from vermeil.tuning.space import MIN_SCORE, Values, applied, check_space


@dataclass(frozen=True, slots=True)
class TuneInputs:
    """Documents and settings that all trials of a search share.

    Args:
        gold: documents that people annotated.
        silver: documents that the teacher annotated.
        dev: annotated documents to score trials on.
        task: what the student does.
        student: settings where the space names none.
        blending: settings where the space names none.
        seed: of every training.
    """

    gold: Sequence[Document]
    silver: Sequence[Document]
    dev: Sequence[Document]
    task: Task
    student: StudentConfig
    blending: BlendingConfig
    seed: int

    def check(self, config: TuneConfig) -> None:
        """Raise `ConfigError` if dev is missing or the space is not possible."""
        if not self.dev:
            raise ConfigError("corpora.dev: missing; name the annotated file to score trials on")
        check_space(config, self.student, self.blending)


def train_trial(
    values: Values,
    inputs: TuneInputs,
    evaluations: int,
    scored: Callable[[float], None],
    threads: int | None = None,
) -> None:
    """Train one student with the values of one point, and score it on dev several times.

    Args:
        values: the point.
        inputs: documents, and settings where the point names none.
        evaluations: scorings in a whole training.
        scored: called after every scoring with F1 on dev. An exception that it raises ends the
            training.
        threads: to compute with; None: as ``student.threads`` has it.

    Raises:
        ConfigError: a value is not possible, or the encoder is not found.
        TrainingError: training diverged, or there is nothing to train on.
    """
    from vermeil.student.loop.loop import TrainingHooks
    from vermeil.student.student import Student
    from vermeil.training.fit import dev_f1, train_student

    student, blending = applied(values, inputs.student, inputs.blending)
    update = {"select": "best_dev", "evaluations": evaluations, "patience": None}
    student = student.model_copy(
        update=update if threads is None else {**update, "threads": threads}
    )
    fresh = Student.create(inputs.task, student, inputs.seed)
    silver = abstain_below(values.get(MIN_SCORE, 0.0), inputs.silver)
    encoded = (fresh.encode(inputs.gold, "gold"), fresh.encode(silver, "silver"))

    def score() -> float:
        f1 = dev_f1(fresh, inputs.dev)
        scored(f1)
        return f1

    train_student(fresh, *encoded, blending, inputs.seed, TrainingHooks(score=score))


def abstain_below(min_score: float, documents: Sequence[Document]) -> list[Document]:
    """Return documents in which spans with a lower score have become abstentions."""
    return [_abstain_below(min_score, document) for document in documents]


def _abstain_below(min_score: float, document: Document) -> Document:
    spans = document.spans or ()
    doubtful = [s for s in spans if s.score is not None and s.score < min_score]
    if not doubtful:
        return document
    annotation = document.annotation
    abstain = sorted({*annotation.abstain, *((s.start, s.end) for s in doubtful)})
    kept = tuple(s for s in spans if s not in doubtful)
    return document.with_annotation(replace(annotation, spans=kept, abstain=tuple(abstain)))
