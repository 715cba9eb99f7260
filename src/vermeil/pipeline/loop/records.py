"""Records of a loop: one per round, in ``loop.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from vermeil.data.atomic import write_json
from vermeil.data.malformed import first_line
from vermeil.errors import DataError

LOOP_VERSION = 1
"""Version of ``loop.json``."""

AdviceKind = Literal["more_gold", "more_silver", "another_prompt", "stop"]
RoundEnding = Literal["button", "minutes", "interrupted", "no_review", "nothing_to_review"]
"""How the review of a round ended; see `vermeil.serving.review.round_end.EndReason`. no_review: the
loop runs without a person. nothing_to_review: every document was reviewed before."""


@dataclass(frozen=True, slots=True)
class LoopAdvice:
    """Recommended next step.

    Args:
        kind: the advice.
        text: the advice with its reason, one line.
    """

    kind: AdviceKind
    text: str


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One finished round.

    Args:
        number: from 1.
        gold: gold documents that the student was trained on.
        reviewed: documents that became gold in this round.
        not_gold: reviewed documents of this round without gold (skipped, different answers, …).
        dev: annotated documents of dev.
        dev_drawn: those of them that were drawn from the reviewed documents.
        silver: annotated silver documents.
        pool_left: documents of the pool that the teacher was not given yet.
        minutes: active minutes of the annotators in all rounds.
        dollars: charges of the teacher in all rounds.
        over_budget: requests that were not sent, because they could exceed the limit on cost.
        regimen: regimen of the training; None: there was nothing to train on.
        f1: F1 on dev; None without a student or dev.
        interval: its 95 % interval; groups are resampled. None: dev has one group only.
        gain: F1 minus that of the round before, on the same groups of dev; None without both.
        gain_interval: its 95 % interval.
        ended: how the review ended.
        seconds: wall-clock time of the round in the last process.
        advice: what to do next.
    """

    number: int
    gold: int
    reviewed: int
    not_gold: int
    dev: int
    dev_drawn: int
    silver: int
    pool_left: int
    minutes: float
    dollars: float
    over_budget: int
    regimen: str | None
    f1: float | None
    interval: tuple[float, float] | None
    gain: float | None
    gain_interval: tuple[float, float] | None
    ended: RoundEnding
    seconds: float
    advice: LoopAdvice | None = None

    def with_advice(self, advice: LoopAdvice) -> RoundRecord:
        """Return the record with an advice."""
        return replace(self, advice=advice)


@dataclass(frozen=True, slots=True)
class LoopReport:
    """The rounds of a loop, and why the last call ended.

    Args:
        rounds: the finished rounds.
        stopped: why the last call ended, in words; empty: a round runs.
        is_finished: whether a limit was reached.
        version: version of the record.
    """

    rounds: tuple[RoundRecord, ...] = ()
    stopped: str = ""
    is_finished: bool = False
    version: int = LOOP_VERSION

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON, as in ``loop.json``."""
        return asdict(self)

    def write(self, path: Path) -> None:
        """Write the report."""
        write_json(path, self.as_dict())

    @classmethod
    def read(cls, path: Path) -> LoopReport:
        """Return the report of a file; without the file, one without rounds.

        Raises:
            DataError: the file is damaged, or was written by a newer version.
        """
        if not path.exists():
            return cls()
        again = "move it away to begin a new loop"
        try:
            record = json.loads(path.read_text("utf-8"))
            version = record.get("version") if isinstance(record, Mapping) else None
            if isinstance(version, int) and version > LOOP_VERSION:
                raise DataError(f"has version {version}, of a newer vermeil; update vermeil", path)
            return _ADAPTER.validate_python(record)
        except (OSError, ValueError, RecursionError, ValidationError) as error:
            problem = f"does not hold the rounds of a loop ({first_line(error)}); {again}"
            raise DataError(problem, path) from error


_ADAPTER = TypeAdapter(LoopReport)
