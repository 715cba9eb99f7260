"""The result of a search: its trials, and the settings of the best one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vermeil.corpora import write_corpus
from vermeil.data.atomic import write_json
from vermeil.data.results_folder import check_results, record_results
from vermeil.tuning.space import MIN_SCORE, Values
from vermeil.tuning.trial import TuneInputs, abstain_below


@dataclass(frozen=True, slots=True)
class ScoredTrial:
    """A trial that was scored at least once.

    Args:
        values: its point of the space.
        dev_f1: the best F1 of its scorings.
        evaluations: number of its scorings; fewer than ``tune.evaluations`` if it was ended early.
    """

    values: Values
    dev_f1: float
    evaluations: int


@dataclass(frozen=True, slots=True)
class TuneReport:
    """The result of a search.

    Args:
        folder: holds ``tune.json`` and, where silver.min_score was searched, ``silver.jsonl``.
        trials: the best one first.
        overrides: the best trial's values, as ``--set`` takes them.
        failed: number of trials that ended with an error.
    """

    folder: Path
    trials: tuple[ScoredTrial, ...]
    overrides: list[str]
    failed: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "trials": [asdict(trial) for trial in self.trials],
            "overrides": self.overrides,
            "failed": self.failed,
            "folder": str(self.folder),
        }


def check_report(output: Path) -> None:
    """Check that the report may be written, before the search begins.

    Args:
        output: the search's folder.

    Raises:
        DataError: a file of another origin is in the way.
    """
    check_results(output, _products(output))


def write_report(
    trials: Sequence[ScoredTrial], failed: int, inputs: TuneInputs, output: Path
) -> TuneReport:
    """Rank the trials, and write ``tune.json`` and the silver of the best trial.

    Args:
        trials: at least one, in any order.
        failed: number of trials that ended with an error.
        inputs: what the trials had in common.
        output: the search's folder.
    """
    record_results(output, _products(output))
    ranked = tuple(sorted(trials, key=lambda one: (-one.dev_f1, str(one.values))))
    best = ranked[0].values
    overrides = [f"{name}={_toml(value)}" for name, value in best.items() if name != MIN_SCORE]
    if MIN_SCORE in best:
        place = output / "silver.jsonl"
        write_corpus(abstain_below(best[MIN_SCORE], inputs.silver), place, "jsonl", overwrite=True)
        overrides.append(f"corpora.silver={_toml(str(place.absolute()))}")
    report = TuneReport(output, ranked, overrides, failed)
    write_json(output / "tune.json", report.as_dict())
    return report


def _products(output: Path) -> list[Path]:
    return [output / "tune.json", output / "silver.jsonl"]


def _toml(value: Any) -> str:
    import tomlkit

    return str(tomlkit.item(value).as_string())
