"""Report of a search: its trials, and the settings of the best one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vermeil.corpora import write_corpus
from vermeil.data.atomic import write_json
from vermeil.data.results_folder import check_results, record_results
from vermeil.training.job import TrainJob
from vermeil.tuning.space import MIN_SCORE, Values
from vermeil.tuning.trial import abstain_below


@dataclass(frozen=True, slots=True)
class ScoredTrial:
    """A trial that was scored at least once.

    Args:
        values: its point of the search space.
        dev_f1: its best F1 on dev.
        evaluations: number of its scorings; fewer than ``tune.evaluations`` if it ended early.
    """

    values: Values
    dev_f1: float
    evaluations: int


@dataclass(frozen=True, slots=True)
class TuneReport:
    """Report of a search.

    Args:
        folder: folder with ``tune.json``, and ``silver.jsonl`` if silver.min_score was searched.
        trials: trials in order of their F1, the best one first.
        overrides: the best trial's values as arguments of ``--set``.
        failed: number of trials that ended with an error.
    """

    folder: Path
    trials: tuple[ScoredTrial, ...]
    overrides: list[str]
    failed: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "trials": [asdict(trial) for trial in self.trials],
            "overrides": self.overrides,
            "failed": self.failed,
            "folder": str(self.folder),
        }


def check_report(output: Path) -> None:
    """Check before the search that its report can be written.

    Args:
        output: folder of the search.

    Raises:
        DataError: Vermeil did not write a file that is to be replaced.
    """
    check_results(output, _report_files(output))


def write_report(
    trials: Sequence[ScoredTrial], failed: int, job: TrainJob, output: Path
) -> TuneReport:
    """Rank the trials, and write ``tune.json`` and the silver of the best trial.

    Args:
        trials: one or more trials in any order.
        failed: number of trials that ended with an error.
        job: documents and settings of the search.
        output: folder of the search.
    """
    record_results(output, _report_files(output))
    ranked = tuple(sorted(trials, key=lambda trial: (-trial.dev_f1, str(trial.values))))
    best = ranked[0].values
    overrides = [f"{name}={_toml(value)}" for name, value in best.items() if name != MIN_SCORE]
    if MIN_SCORE in best:
        path = output / "silver.jsonl"
        write_corpus(abstain_below(best[MIN_SCORE], job.silver), path, "jsonl", overwrite=True)
        overrides.append(f"corpora.silver={_toml(str(path.absolute()))}")
    report = TuneReport(output, ranked, overrides, failed)
    write_json(output / "tune.json", report.as_dict())
    return report


def _report_files(output: Path) -> list[Path]:
    return [output / "tune.json", output / "silver.jsonl"]


def _toml(value: Any) -> str:
    import tomlkit

    return str(tomlkit.item(value).as_string())
