"""Search on this machine: Optuna draws the points, and trials run one after another."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vermeil.data.lock import lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.errors import TrainingError
from vermeil.optional import require
from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import require_encoder
from vermeil.training.job import TrainJob
from vermeil.tuning.config import DimensionConfig, TuneConfig
from vermeil.tuning.report import ScoredTrial, TuneReport, check_report, write_report
from vermeil.tuning.space import Values
from vermeil.tuning.trial import check_search, train_trial
from vermeil.tuning.trial_log import FinishedTrial, TrialLog, log_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import Trial

Objective = Callable[[Values, Callable[[float], None]], None]
"""Runs one trial with these values, and calls the function with each of its scores, in order. An
exception of that function ends the trial and must be passed on."""


def require_tuning(student: StudentConfig) -> None:
    """Check the packages of a search on this machine: Optuna, torch and the encoder.

    Raises:
        ConfigError: one of them is not installed.
    """
    require("vermeil tune", "tune", "train")
    require_encoder("vermeil tune", student.encoder)


def tune(
    job: TrainJob, config: TuneConfig, output: Path | str, progress: Progress = silent
) -> TuneReport:
    """Search for the settings with the best F1 on dev, with many short trainings on this machine.

    Optuna's TPE sampler draws the points. Successive halving ends trials with low scores early. A
    search with the same inputs runs the same trials. Each finished trial is recorded in
    ``output/trials``, so the same call continues an interrupted search.

    Args:
        job: documents, and the settings that the space does not contain.
        config: search space and length of the search.
        output: folder of the search.
        progress: called after every scoring with the number of finished trials and the best F1.

    Raises:
        ConfigError: a key of the space is unknown, its values are invalid, dev is missing, or
            Optuna is not installed.
        DataError: the log of finished trials cannot be read or written.
        TrainingError: every trial failed.
    """
    output = Path(output)
    require_tuning(job.student)
    check_search(job, config)
    check_report(output)

    def objective(values: Values, on_score: Callable[[float], None]) -> None:
        train_trial(values, job, config.evaluations, on_score)

    with lock_folder(output):
        trials = search(config, objective, log_of(job, config, output), progress)
        return _report(trials, job, output)


def _report(trials: Sequence[FinishedTrial], job: TrainJob, output: Path) -> TuneReport:
    """Write the report of a search; raise `TrainingError` if every trial failed."""
    failed = [trial.error for trial in trials if trial.outcome == "failed"]
    if len(failed) == len(trials):
        raise TrainingError(f"every trial failed; first error: {failed[0]}")
    scored = [
        ScoredTrial(trial.values, max(trial.scores), len(trial.scores))
        for trial in trials
        if trial.outcome != "failed"
    ]
    return write_report(scored, len(failed), job, output)


def search(
    config: TuneConfig, objective: Objective, log: TrialLog, progress: Progress = silent
) -> list[FinishedTrial]:
    """Run the trials that the log does not hold yet, and return all of them in order.

    Args:
        config: search space and length of the search.
        objective: runs one trial. A `TrainingError`, `RuntimeError` (torch raises one when memory
            runs out) or `MemoryError` counts as a failed trial. Other exceptions end the search.
        log: log of finished trials; each trial is added when it ends.
        progress: called after every scoring with the number of finished trials and the best F1.
    """
    space = distributions(config.dimensions())
    trials = log.read()[: config.trials]
    if all(trial.outcome == "failed" for trial in trials):
        trials = []  # the cause of the failures may have been removed
    study = _new_study(config)
    for trial in trials:
        _replay(trial, study, space, config)
    status = _Status(trials, config, progress)
    for number in range(len(trials), config.trials):
        trials.append(_run(number, study, space, config, objective, status))
        log.write(trials)
        status.end_trial()
    return trials


def distributions(dimensions: Mapping[str, DimensionConfig]) -> dict[str, BaseDistribution]:
    """Return Optuna's distributions for a search space; listed values are encoded as JSON."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    found: dict[str, BaseDistribution] = {}
    for name, dimension in dimensions.items():
        low, high = dimension.bounds()
        if dimension.values is not None:
            found[name] = CategoricalDistribution([json.dumps(v) for v in dimension.values])
        elif dimension.whole:
            found[name] = IntDistribution(int(low), int(high), log=dimension.log)
        else:
            found[name] = FloatDistribution(low, high, log=dimension.log)
    return found


class _EndedEarly(Exception):  # noqa: N818
    """Ends a trial whose scores are lower than those of others."""


class _Status:
    """The state of a search, reported after every scoring."""

    def __init__(
        self, trials: Sequence[FinishedTrial], config: TuneConfig, progress: Progress
    ) -> None:
        self._progress, self._config = progress, config
        self._ended = self._before = len(trials)
        self._best = max((f1 for trial in trials for f1 in trial.scores), default=None)
        self._scorings, self._began = 0, time.monotonic()
        self._report()

    def add_score(self, f1: float) -> None:
        """Report one scoring of the running trial."""
        self._scorings += 1
        self._best = f1 if self._best is None else max(self._best, f1)
        self._report()

    def end_trial(self) -> None:
        """Report the end of the running trial."""
        self._ended, self._scorings = self._ended + 1, 0
        self._report()

    def _report(self) -> None:
        total = self._config.trials
        detail: dict[str, float | int | str] = {}
        if self._best is not None:
            detail["dev_f1"] = self._best
        # A running trial counts partially. A trial that ends early shortens the estimate.
        now = self._ended + min(self._scorings / self._config.evaluations, 1.0)
        if now > self._before:
            elapsed = time.monotonic() - self._began
            detail["seconds left"] = elapsed / (now - self._before) * (total - now)
        self._progress("tune", self._ended, total, detail)


def _new_study(config: TuneConfig) -> Study:
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study: Study = optuna.create_study(
            direction="maximize",
            pruner=optuna.pruners.SuccessiveHalvingPruner(
                min_resource=config.grace, reduction_factor=config.reduction
            ),
        )
    finally:
        optuna.logging.set_verbosity(verbosity)
    return study


def _run(
    number: int,
    study: Study,
    space: dict[str, BaseDistribution],
    config: TuneConfig,
    objective: Objective,
    status: _Status,
) -> FinishedTrial:
    """Draw a point and run its trial."""
    # Each trial has a new sampler. So its point depends on the seed, its number and the earlier
    # trials, not on the process that ran them.
    from optuna.samplers import TPESampler

    study.sampler = TPESampler(seed=_seed_of(config.seed, number))
    trial = study.ask(space)
    values = {
        name: value if config.dimensions()[name].values is None else json.loads(value)
        for name, value in trial.params.items()
    }
    scores: list[float] = []

    def on_score(f1: float) -> None:
        scores.append(f1)
        status.add_score(f1)
        if _should_prune(trial, scores, config):
            raise _EndedEarly

    try:
        objective(values, on_score)
    except _EndedEarly:
        finished = FinishedTrial(values, tuple(scores), "ended_early")
    except (TrainingError, RuntimeError, MemoryError) as error:
        message = str(error) or type(error).__name__
        finished = FinishedTrial(values, tuple(scores), "failed", message)
    else:
        finished = FinishedTrial(values, tuple(scores), "completed")
    _finish(trial, finished, study)
    return finished


def _replay(
    finished: FinishedTrial, study: Study, space: dict[str, BaseDistribution], config: TuneConfig
) -> None:
    """Restore the state of a study after a finished trial."""
    study.enqueue_trial(
        {
            name: value if config.dimensions()[name].values is None else json.dumps(value)
            for name, value in finished.values.items()
        }
    )
    trial = study.ask(space)
    for number in range(1, len(finished.scores) + 1):
        _should_prune(trial, finished.scores[:number], config)
    _finish(trial, finished, study)


def _should_prune(trial: Trial, scores: Sequence[float], config: TuneConfig) -> bool:
    """Report the last score to Optuna, and return whether the trial is to end early."""
    trial.report(scores[-1], len(scores))
    return len(scores) < config.evaluations and trial.should_prune()


def _finish(trial: Trial, finished: FinishedTrial, study: Study) -> None:
    """Report the outcome of a trial to Optuna."""
    from optuna.trial import TrialState

    if finished.outcome == "completed":
        study.tell(trial, max(finished.scores))
    else:
        ended_early = finished.outcome == "ended_early"
        study.tell(trial, state=TrialState.PRUNED if ended_early else TrialState.FAIL)


def _seed_of(seed: int, number: int) -> int:
    """Return the seed of a trial's sampler, in [0, 2**32)."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest()[:4], "big")
