"""The whole of ``vermeil.toml``, from unannotated text to a model that is ready to predict."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.corpora import read_corpus
from vermeil.data.progress import Progress, silent
from vermeil.errors import ConfigError
from vermeil.jobs.executor import LOCAL, Executor
from vermeil.jobs.run_folder import RunFolder
from vermeil.jobs.sections import Sections
from vermeil.pipeline.stages import (
    STAGES,
    check_stage,
    run_stage,
    selects_on_dev,
    uses_gold,
    uses_silver,
    why_stale,
)
from vermeil.student.network.encoder import find_encoder
from vermeil.tasks import make_task
from vermeil.teacher.requests import check_prompt


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """What became of one stage.

    Args:
        name: the stage.
        reason: why it was done, or skipped.
        report: what it reported; None: it was skipped.
        seconds: how long it took.
    """

    name: str
    reason: str
    report: Mapping[str, Any] | None = None
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "stage": self.name,
            "done": self.report is not None,
            "why": self.reason,
            "seconds": round(self.seconds, 2),
            "report": self.report,
        }


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of every stage, and where the results lie."""

    stages: tuple[StageOutcome, ...]
    outputs: Mapping[str, Path]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "stages": [stage.as_dict() for stage in self.stages],
            "places": {name: str(path) for name, path in self.outputs.items()},
        }


def run(
    config: Sections,
    progress: Progress = silent,
    log: Callable[[str], None] = lambda _: None,
    executor: Executor = LOCAL,
) -> RunReport:
    """Annotate, locate, train and evaluate; a stage whose output stands is skipped.

    A stage's output stands when it is there and was made from the same sections and files.

    Args:
        config: the whole configuration.
        progress: told how far a stage has come.
        log: told in words what is done or skipped, and why.
        executor: who does the work, where it is not this process.

    Raises:
        ConfigError: something is not configured or not installed; told before anyone is asked.
        DataError: a gold file is wrong, or a file of another origin is in the way; raised before
            the teacher is called.
        VermeilError: whatever stops a stage; a later call goes on from there.
    """
    _check_requirements(config, executor)
    outcomes = [_run_or_skip(name, config, progress, log, executor) for name in STAGES]
    places = RunFolder(config.run.output)
    found = {
        "replies": places.replies,
        "silver": config.corpora.silver.path if config.corpora.silver else places.silver,
        "model": places.model,
        "evaluation": places.evaluation,
        "configuration": places.config,
    }
    return RunReport(tuple(outcomes), {k: path for k, path in found.items() if path.exists()})


def _check_requirements(config: Sections, means: Executor) -> None:
    """Find out what would stop the later stages, before a teacher is paid for the first one."""
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
    _require(config, means)
    for corpus in (corpora.gold, corpora.silver, corpora.dev, corpora.test):
        if corpus is not None:
            for _ in read_corpus(corpus, task.check):
                pass


def _require(config: Sections, means: Executor) -> None:
    """Raise `ConfigError` if a stage that has to be done needs what is not installed.

    Once a stage is done anew, the output of those after it may not stand any longer.
    """
    needed = [name for name, stage in STAGES.items() if not stage.skip_reason(config)]
    begun = False
    for name in needed:
        begun = begun or why_stale(name, config) is not None
        if begun:
            STAGES[name].require(config, means)
            if name == "train":
                find_encoder(config.student.encoder)


def _run_or_skip(
    name: str, config: Sections, progress: Progress, log: Callable[[str], None], executor: Executor
) -> StageOutcome:
    needless = STAGES[name].skip_reason(config)
    why = needless or why_stale(name, config)
    if needless or why is None:
        why = why or "its output stands, made from the same inputs"
        log(f"{name}: skipped, {why}")
        return StageOutcome(name, why)
    log(f"{name}: {why}")
    started = time.monotonic()
    report = run_stage(name, config, progress, executor)
    return StageOutcome(name, why, report, time.monotonic() - started)
