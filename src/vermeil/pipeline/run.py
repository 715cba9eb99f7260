"""A whole run: every stage of ``vermeil.toml``, from unannotated text to a trained student."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.data.lock import lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.errors import ConfigError
from vermeil.jobs.executor import LOCAL, Executor
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.documents import selects_on_dev, uses_gold, uses_silver
from vermeil.pipeline.execution import check_stage, require_result, run_stage, why_stale
from vermeil.pipeline.stages import STAGES
from vermeil.student.network.encoder import find_encoder
from vermeil.tasks import make_task
from vermeil.teacher.requests import check_prompt


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """Outcome of one stage.

    Args:
        name: the stage.
        reason: why it ran or was skipped.
        report: its report; None if it was skipped.
        seconds: wall-clock time.
    """

    name: str
    reason: str
    report: Mapping[str, Any] | None = None
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome for JSON."""
        return {
            "stage": self.name,
            "done": self.report is not None,
            "reason": self.reason,
            "seconds": round(self.seconds, 2),
            "report": self.report,
        }


@dataclass(frozen=True, slots=True)
class RunReport:
    """Outcome of every stage, and the paths of the results."""

    stages: tuple[StageOutcome, ...]
    outputs: Mapping[str, Path]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "stages": [stage.as_dict() for stage in self.stages],
            "outputs": {name: str(path) for name, path in self.outputs.items()},
        }


def run(
    config: Config,
    progress: Progress = silent,
    log: Callable[[str], None] = lambda _: None,
    executor: Executor = LOCAL,
) -> RunReport:
    """Annotate, locate, train and evaluate; skip each stage whose output is up to date.

    An output is up to date if it exists and was made from the same sections and files.

    Args:
        config: the whole configuration.
        progress: called with stage, done, total and details.
        log: called with one line of text per stage: why it runs or is skipped, and once more if
            replies are missing or unusable.
        executor: where the stages run.

    Raises:
        ConfigError: something is not configured or not installed; raised before the teacher is
            called.
        DataError: a gold file is wrong, or the output folder holds a file of another origin;
            raised before the teacher is called.
        TeacherError: no request of ``annotate`` has a usable reply.
        LockedError: another process writes the output folder; raised before the teacher is called.
        VermeilError: a stage stopped; the next call resumes with that stage.
    """
    _check_requirements(config, executor)
    with lock_folder(config.run.output):
        outcomes = [run_or_skip(name, config, progress, log, executor) for name in STAGES]
    run_folder = RunFolder(config.run.output)
    found = {
        "replies": run_folder.replies,
        "silver": config.corpora.silver.path if config.corpora.silver else run_folder.silver,
        "model": run_folder.model,
        "evaluation": run_folder.evaluation,
        "configuration": run_folder.config,
    }
    return RunReport(tuple(outcomes), {k: path for k, path in found.items() if path.exists()})


def _check_requirements(config: Config, executor: Executor) -> None:
    """Raise what would stop a later stage, before the first stage pays for replies."""
    task, corpora = make_task(config.task), config.corpora
    check_prompt(task, config.teacher)
    problems = []
    if uses_gold(config) and corpora.gold is None:
        problems.append("corpora.gold: missing; name the annotated file to train on")
    if uses_silver(config) and corpora.silver is None and corpora.pool is None:
        problems.append("corpora.pool: missing; name the text that the teacher is to annotate")
    if selects_on_dev(config) and corpora.dev is None:
        problems.append("corpora.dev: missing; name the annotated file to choose the best state by")
    if problems:
        raise ConfigError(*problems)
    for name in STAGES:
        if STAGES[name].skip_reason(config) is None:
            check_stage(name, config)
    _require(config, executor)
    for corpus in (corpora.gold, corpora.silver, corpora.dev, corpora.test):
        if corpus is not None:
            for _ in read_corpus(corpus, task.check):
                pass


def _require(config: Config, executor: Executor) -> None:
    """Raise `ConfigError` if a stage that will run needs a package that is not installed.

    After the first stale stage, the outputs of all later stages may become stale, too.
    """
    needed = [name for name, stage in STAGES.items() if not stage.skip_reason(config)]
    stale = False
    for name in needed:
        stale = stale or why_stale(name, config) is not None
        if stale:
            STAGES[name].require(config, executor)
            if name == "train":
                find_encoder(config.student.encoder)


def run_or_skip(
    name: str, config: Config, progress: Progress, log: Callable[[str], None], executor: Executor
) -> StageOutcome:
    """Run one stage, unless it is not needed or its output is up to date.

    Args:
        name: the stage, a key of `STAGES`.
        config: the whole configuration.
        progress: called with stage, done, total and details.
        log: called with one line of text.
        executor: where the stage runs.
    """
    skip_reason = STAGES[name].skip_reason(config)
    stale_reason = None if skip_reason else why_stale(name, config)
    if stale_reason is None:
        reason = skip_reason or "its output is up to date (same inputs)"
        log(f"{name}: skipped, {reason}")
        return StageOutcome(name, reason)
    log(f"{name}: starts ({stale_reason})")
    started = time.monotonic()
    report = run_stage(name, config, progress, executor)
    require_result(name, report, log)
    return StageOutcome(name, stale_reason, report, time.monotonic() - started)
