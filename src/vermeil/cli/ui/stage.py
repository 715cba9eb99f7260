"""Shared code of the verbs that run one stage: annotate, locate and train."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vermeil.cli.ui.announce import announce_regimen
from vermeil.cli.ui.next_steps import print_stage_end
from vermeil.cli.ui.options import load
from vermeil.cli.ui.output import print_json, print_status
from vermeil.cli.ui.progress import shown_progress

if TYPE_CHECKING:
    from vermeil.config import Config
    from vermeil.jobs.executor import Executor
    from vermeil.pipeline.execution import RunStage


def run_stage_command(
    stage: str,
    config: Path,
    overrides: list[str] | None,
    as_json: bool,
    quiet: bool,
    on: Literal["here", "ray"] | None = "here",
    run: RunStage | None = None,
) -> None:
    """Run one stage, even if its output is up to date, and print its report.

    Args:
        stage: name of the stage.
        config: the configuration file.
        overrides: values that replace those of the file.
        as_json: print only the report, as JSON.
        quiet: show no progress.
        on: where the stage runs.
        run: does the work instead of the function of the stage.

    Raises:
        TeacherError: no request has a usable reply.
        DataError: no document has a usable reply.
    """
    sections = load(config, overrides)
    executor = select_executor(sections, on)
    from vermeil.cli.ui.reports import print_report
    from vermeil.data.lock import is_writer
    from vermeil.pipeline.execution import require_result, run_stage

    if stage == "train" and is_writer():
        announce_regimen(sections, quiet)

    # torchrun: only the first process prints
    with shown_progress(quiet or not is_writer()) as progress:
        report = run_stage(stage, sections, progress, executor, run)
    if not is_writer():
        return
    if as_json:
        print_json(report)
    else:
        print_report(report)
        if not quiet:
            print_stage_end(stage, sections, config, report)
    require_result(stage, report, print_status)


def select_executor(sections: Config, on: Literal["here", "ray"] | None) -> Executor:
    """Return the executor of the stages that the configuration and ``--on`` name."""
    from vermeil.jobs.executor import LOCAL

    cluster = sections.cluster.resolve(on)
    if cluster is None:
        return LOCAL
    from vermeil.cluster.executor import executor_for

    return executor_for(cluster, sections.run)
