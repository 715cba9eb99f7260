"""The record of finished trials on disk, from which a search that was stopped goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

from vermeil.data.atomic import atomic_path
from vermeil.data.document import Document
from vermeil.data.records import document_to_line
from vermeil.errors import DataError
from vermeil.student.config import RESULT_INDEPENDENT_KEYS
from vermeil.tuning.config import TuneConfig
from vermeil.tuning.space import Values
from vermeil.tuning.trial import TuneInputs

Outcome = Literal["completed", "ended_early", "failed"]
"""How a trial ended: with its last scoring, at an earlier one because it lagged behind, or with an
error."""


@dataclass(frozen=True, slots=True)
class FinishedTrial:
    """A trial that needs no more training.

    Args:
        values: its point of the space.
        scores: F1 on dev at each of its scorings, in order.
        outcome: how it ended.
        error: the message of the error that ended it, if one did.
    """

    values: Values
    scores: tuple[float, ...]
    outcome: Outcome
    error: str | None = None


class TrialLog:
    """The finished trials of one search, in a file that is written anew after each of them.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[FinishedTrial]:
        """Return the finished trials in order; none if there is no file.

        Raises:
            DataError: the file is not a record of trials.
        """
        if not self._path.exists():
            return []
        try:
            stored = json.loads(self._path.read_text("utf-8"))
            return [_trial(record) for record in stored["trials"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"is not a record of trials ({error}); delete it to start this search anew",
                self._path,
            ) from error

    def write(self, trials: Sequence[FinishedTrial]) -> None:
        """Replace the file durably: after a power cut it holds these trials or those before.

        Raises:
            DataError: the file cannot be written.
        """
        text = json.dumps({"trials": [asdict(t) for t in trials]}, ensure_ascii=False, indent=1)
        with atomic_path(self._path) as partial:
            partial.write_text(text + "\n", "utf-8")


def log_of(inputs: TuneInputs, config: TuneConfig, output: Path) -> TrialLog:
    """Return the record of this search in its folder.

    The file's name has a digest of everything that decides the outcome of a trial. A search with
    other data or settings has a file of its own. The number of trials is left out, so that a larger
    number extends a search.

    Args:
        inputs: documents and settings of the trials.
        config: the search space, and when trials end early.
        output: the search's folder.
    """
    sections = {
        "vermeil": version("vermeil"),
        "task": inputs.task.config.model_dump(mode="json"),
        "student": inputs.student.model_dump(mode="json", exclude=RESULT_INDEPENDENT_KEYS),
        "blending": inputs.blending.model_dump(mode="json"),
        "seed": inputs.seed,
        "tune": config.model_dump(mode="json", exclude={"trials"}),
        "documents": [_digest(d) for d in (inputs.gold, inputs.silver, inputs.dev)],
    }
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
