"""The execution of one stage: check, run, record its inputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vermeil.config import Config
from vermeil.data.atomic import atomic_file
from vermeil.data.leftovers import remove_leftovers
from vermeil.data.lock import is_writer, lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.data.written import MODEL, check_folder
from vermeil.jobs.executor import LOCAL, Executor
from vermeil.jobs.fingerprints import StageLog
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.stage import Report, Stage
from vermeil.pipeline.stages import STAGES

RunStage = Callable[[Config, Progress, Executor], Report]
"""Function that does the work of a stage."""


def run_stage(
    name: str,
    config: Config,
    progress: Progress = silent,
    executor: Executor = LOCAL,
    run: RunStage | None = None,
) -> Report:
    """Run one stage now, even if its output is up to date, and return its report.

    Args:
        name: the stage, a key of `STAGES`.
        config: the whole configuration.
        progress: called with stage, done, total and details.
        executor: where the stage runs.
        run: does the work instead of the function of the stage.

    Raises:
        ConfigError: the stage needs something that is not configured or not installed.
        LockedError: another process writes the folder of the run.
    """
    STAGES[name].require(config, executor)
    with lock_folder(config.run.output):
        return _run_locked(name, config, progress, executor, run or STAGES[name].run)


def _run_locked(
    name: str, config: Config, progress: Progress, executor: Executor, run: RunStage
) -> Report:
    stage, run_folder = STAGES[name], RunFolder(config.run.output)
    check_stage(name, config)
    if is_writer():
        for path in (run_folder.config, run_folder.stages, *_results(stage, run_folder)):
            remove_leftovers(path)
    record_results(run_folder.path, _results(stage, run_folder))
    with atomic_file(run_folder.config) as file:
        file.write(config.as_toml())
    inputs, log = stage.inputs(config), StageLog(run_folder.path)
    log.forget(name)
    report = run(config, progress, executor)
    if stage.is_complete(report) and stage.error(report) is None:
        log.record(name, inputs)
    return report


def require_result(name: str, report: Report, log: Callable[[str], None]) -> None:
    """Log what is missing from the result of a stage; raise if there is no usable result at all.

    Args:
        name: the stage, a key of `STAGES`.
        report: the report of `run_stage`.
        log: called with one line of text.

    Raises:
        TeacherError: no request of ``annotate`` has a usable reply.
        DataError: no document of ``locate`` has a usable reply.
    """
    stage = STAGES[name]
    if error := stage.error(report):
        raise error
    if warning := stage.warning(report):
        log(f"{name}: warning: {warning}")


def check_stage(name: str, config: Config) -> None:
    """Check that a stage replaces only files that an earlier run wrote.

    Raises:
        DataError: the output folder holds a file of another origin under the same name.
    """
    stage, run_folder = STAGES[name], RunFolder(config.run.output)
    check_results(run_folder.path, _results(stage, run_folder))
    if run_folder.model in stage.outputs(run_folder):
        check_folder(run_folder.model, MODEL)


def why_stale(name: str, config: Config) -> str | None:
    """Return in words why a stage has to run; None if its output is up to date."""
    stage, run_folder = STAGES[name], RunFolder(config.run.output)
    log = StageLog(run_folder.path)
    return log.why_stale(name, stage.inputs(config), stage.outputs(run_folder))


def _results(stage: Stage, run_folder: RunFolder) -> tuple[Path, ...]:
    """Return the files that a stage replaces; the reply store only grows, the model is a folder."""
    kept = (run_folder.replies, run_folder.model)
    written = (path for path in stage.outputs(run_folder) if path not in kept)
    return (run_folder.config, run_folder.stages, *written)
