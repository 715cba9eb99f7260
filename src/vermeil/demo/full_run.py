"""Scores of the demo's regimens, as a record: of this run, and of the full run in the package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vermeil.data.atomic import write_json
from vermeil.studies.cells.regimens import split_prompt
from vermeil.studies.results.study import StudyResults

FULL_RUN = Path(__file__).parent / "full_run.json"
"""Recorded scores of ``vermeil demo --full --record FILE`` on the machine that the file names."""


@dataclass(frozen=True, slots=True)
class RegimenScore:
    """Scores of one regimen.

    Args:
        regimen: name in the study.
        f1: mean F1 on test.
        sd: standard deviation over the seeds; None for a single seed.
        difference: difference to gold only; None for gold only itself.
        low: lower end of its 95 % interval.
        high: upper end of its 95 % interval.
        verdict: significant, suggestive or not_significant.
    """

    regimen: str
    f1: float
    sd: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = ""

    @property
    def teacher(self) -> str:
        """Name of the teacher that made the silver; empty: the strong one, or no silver."""
        return split_prompt(self.regimen)[1]


@dataclass(frozen=True, slots=True)
class DemoScores:
    """Scores of all regimens of a run, and its conditions.

    Args:
        scores: one per regimen, in the order of the study.
        wordpieces: training budget of a cell.
        seeds: number of seeds.
        gold_documents: gold documents of a cell.
        seconds: time of training, summed over the cells.
        environment: software versions and machine.
    """

    scores: tuple[RegimenScore, ...]
    wordpieces: int
    seeds: int
    gold_documents: int
    seconds: float
    environment: Mapping[str, str | int]

    def of(self, regimen: str) -> RegimenScore | None:
        """Return the score of a regimen; None if it was not trained."""
        return next((one for one in self.scores if one.regimen == regimen), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the record for JSON."""
        return asdict(self)


def scores_of(results: StudyResults, wordpieces: int) -> DemoScores:
    """Return the scores of a finished study.

    Args:
        results: results of the demo's study.
        wordpieces: its training budget.
    """
    against = {row.regimen: row for row in results.comparisons if row.family == "baseline"}
    scores = []
    for row in results.summary:
        score, compared = row.score("test"), against.get(row.regimen)
        if score is None:
            continue
        found = RegimenScore(row.regimen, round(score.mean, 4), _rounded(score.sd))
        if compared is not None:
            found = RegimenScore(
                row.regimen,
                found.f1,
                found.sd,
                round(compared.difference, 4),
                round(compared.low, 4),
                round(compared.high, 4),
                compared.verdict,
            )
        scores.append(found)
    return DemoScores(
        tuple(scores),
        wordpieces,
        max(len(row.seeds) for row in results.summary),
        results.summary[0].gold_documents,
        round(sum(cell.seconds for cell in results.cells), 1),
        dict(results.environment),
    )


def read_full_run(path: Path = FULL_RUN) -> DemoScores | None:
    """Return the recorded scores of a full run; None if there is no record."""
    if not path.exists():
        return None
    record = json.loads(path.read_text("utf-8"))
    scores = tuple(RegimenScore(**one) for one in record.pop("scores"))
    return DemoScores(scores, **record)


def write_scores(scores: DemoScores, path: Path) -> None:
    """Write the record of a run."""
    write_json(path, scores.as_dict())


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
