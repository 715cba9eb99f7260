"""Log of finished trials on disk, from which an interrupted search resumes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

from vermeil.blending.regimens import with_fixed_regimen
from vermeil.data.atomic import atomic_path
from vermeil.data.document import Document
from vermeil.data.malformed import MALFORMED
from vermeil.data.records import document_to_line
from vermeil.errors import DataError
from vermeil.student.config import RESULT_INDEPENDENT_KEYS
from vermeil.student.network.encoder import EMBEDDED
from vermeil.training.job import TrainJob
from vermeil.tuning.config import TuneConfig
from vermeil.tuning.space import Values

Outcome = Literal["completed", "ended_early", "failed"]
"""Outcome of a trial: ended with its last scoring, at an earlier one for low scores, or with an
error."""

_UNREADABLE: tuple[type[Exception], ...] = (OSError, *MALFORMED)


@dataclass(frozen=True, slots=True)
class FinishedTrial:
    """A trial that needs no more training.

    Args:
        values: its point of the search space.
        scores: F1 on dev at each of its scorings, in order.
        outcome: outcome of the trial.
        error: message of the error that ended it, if any.
    """

    values: Values
    scores: tuple[float, ...]
    outcome: Outcome
    error: str | None = None


class TrialLog:
    """Log of the finished trials of one search; the file is replaced after every trial.

    Args:
        path: path of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[FinishedTrial]:
        """Return the finished trials in order; none if the file does not exist.

        Raises:
            DataError: the file is not a log of trials.
        """
        if not self._path.exists():
            return []
        try:
            stored = json.loads(self._path.read_text("utf-8"))
            return [_trial(record) for record in stored["trials"]]
        except _UNREADABLE as error:
            raise DataError(
                f"is not a log of trials ({error}); delete it to restart the search",
                self._path,
            ) from error

    def write(self, trials: Sequence[FinishedTrial]) -> None:
        """Replace the file durably: after a power failure it holds these trials or the old ones.

        Raises:
            DataError: the file cannot be written.
        """
        text = json.dumps({"trials": [asdict(t) for t in trials]}, ensure_ascii=False, indent=1)
        with atomic_path(self._path) as partial:
            partial.write_text(text + "\n", "utf-8")


def log_of(job: TrainJob, config: TuneConfig, output: Path) -> TrialLog:
    """Return the log of this search in its folder.

    The file's name is a digest of all inputs that determine the outcome of a trial. A search with
    other data or settings has another file. The number of trials is not included, so a larger
    number extends a search.

    Args:
        job: documents and settings of the trials.
        config: search space and rules for ending trials early.
        output: folder of the search.
    """
    sections = {
        "vermeil": version("vermeil"),
        "task": job.task.config.model_dump(mode="json"),
        "student": job.student.model_dump(mode="json", exclude=RESULT_INDEPENDENT_KEYS),
        "blending": with_fixed_regimen(job.blending).model_dump(mode="json"),
        "seed": job.seed,
        "tune": config.model_dump(mode="json", exclude={"trials"}),
        "documents": [_digest(d) for d in (job.gold, job.silver, job.dev)],
    }
    if job.student.encoder != EMBEDDED:  # the weights of the embedded encoder are fixed
        from vermeil.student.network.encoder_digest import encoder_digest

        sections["encoder"] = encoder_digest(job.student.encoder)
    digest = hashlib.sha256(json.dumps(sections).encode()).hexdigest()
    return TrialLog(output / "trials" / f"{digest[:16]}.json")


def _digest(documents: Sequence[Document]) -> str:
    digest = hashlib.sha256()
    for document in documents:
        digest.update(document_to_line(document).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def _trial(record: dict[str, Any]) -> FinishedTrial:
    if record["outcome"] not in get_args(Outcome):
        raise ValueError(f"unknown outcome {record['outcome']!r}")
    scores = tuple(float(score) for score in record["scores"])
    return FinishedTrial(dict(record["values"]), scores, record["outcome"], record["error"])
