"""``vermeil run``: every stage of vermeil.toml, once or in rounds with review."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.ui.announce import announce_regimen
from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigFile,
    Order,
    Overrides,
    Quiet,
    RunOn,
    load,
    with_order,
)
from vermeil.cli.ui.output import print_json, print_line, print_status
from vermeil.cli.ui.progress import shown_progress
from vermeil.cli.ui.stage import select_executor
from vermeil.errors import ConfigError

if TYPE_CHECKING:
    from vermeil.config import Config
    from vermeil.jobs.executor import Executor
    from vermeil.pipeline.loop.records import LoopReport
    from vermeil.serving.review.address import ReviewAccess

EXAMPLE = """Example: vermeil run --config vermeil.toml

\b
Rounds of annotation, review and training (docs/loop.md):
  vermeil run --until minutes=60,dollars=5
  vermeil run --until f1=.85 --until documents=500
  vermeil run --until dollars=5 --no-review
  vermeil run --until minutes=60 --annotator ann --annotator bo
"""


def run(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    order: Order = None,
    on: RunOn = None,
    until: Annotated[
        list[str] | None,
        typer.Option(
            "--until",
            metavar="NAME=VALUE",
            help="Repeat in rounds until a limit: f1 (on dev), documents (gold), minutes (of "
            "review), dollars (of the teacher). Several with commas.",
        ),
    ] = None,
    review: Annotated[
        bool | None,
        typer.Option(
            "--review/--no-review",
            help="--until: review documents in the browser in every round. Default: in a terminal "
            "only.",
        ),
    ] = None,
    annotator: Annotated[
        list[str] | None,
        typer.Option(
            "--annotator",
            metavar="NAME",
            help="--until: name of an annotator of the review; several times for several. "
            "Default: the user.",
        ),
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="--until: open the page in the browser.")
    ] = True,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Annotate, locate, train and evaluate; skips stages that are up to date.

    With --until, the stages repeat in rounds with the review of ranked documents in the browser.
    The same command continues a stopped loop.
    """
    sections = load(config, with_order(overrides, order))
    if until:
        executor = select_executor(sections, on)
        access = _access(review, annotator, browser)
        _run_loop(sections, until, access, executor, config, as_json=as_json, quiet=quiet)
        return
    if review is not None:
        raise ConfigError("--review: needs --until, for example --until minutes=60")
    if annotator:
        raise ConfigError("--annotator: needs --until, for example --until minutes=60")
    from vermeil.cli.ui.reports import print_report
    from vermeil.pipeline.run import run as job

    announce_regimen(sections, quiet)

    with shown_progress(quiet) as progress:
        report = job(sections, progress, print_status, select_executor(sections, on))
    if as_json:
        print_json(report.as_dict())
        return
    for stage in report.stages:
        if stage.report is not None:
            print_report(stage.report, stage.name)
    for name, path in report.outputs.items():
        print_line(f"{name}: {path}")
    if "model" in report.outputs:
        print_line(f"annotate new text: vermeil predict {report.outputs['model']} FILE")


def _access(
    review: bool | None, annotators: list[str] | None, browser: bool
) -> ReviewAccess | None:
    """Return the address of the review page; None: no review."""
    from vermeil.cli.review.page import user
    from vermeil.serving.review.address import ReviewAccess

    if review is None:
        review = sys.stdin.isatty() and sys.stderr.isatty()
        if not review:
            print_status("rounds without review, because there is no terminal; --review opens it")
    if review:
        return ReviewAccess(annotators=tuple(annotators or [user()]), open_browser=browser)
    if annotators:
        raise ConfigError("--annotator: the rounds have no review; add --review")
    return None


def _run_loop(
    sections: Config,
    until: list[str],
    access: ReviewAccess | None,
    executor: Executor,
    config: Path,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    from vermeil.cli.review.page import user
    from vermeil.cli.ui.loop_report import round_lines
    from vermeil.pipeline.loop.limits import LoopLimits
    from vermeil.pipeline.loop.run_loop import run_loop
    from vermeil.pipeline.loop.settings import LoopHooks

    limits = LoopLimits.parse(until)

    def on_round(report: LoopReport) -> None:
        for line in round_lines(report):
            (print_status if as_json else print_line)(line)

    hooks = LoopHooks(partial(shown_progress, quiet), print_status, on_round, _goes_on)
    report = run_loop(sections, limits, access, hooks, executor)
    if as_json:
        print_json(report.as_dict())
    else:
        print_line(f"stopped: {report.stopped}")
    words = [word for one in until for word in ("--until", one)]
    if access is not None and access.annotators != (user(),):
        words += [word for name in access.annotators for word in ("--annotator", name)]
    print_end(*_next(sections, report, words, config), quiet=quiet)


def _next(
    sections: Config, report: LoopReport, words: list[str], config: Path
) -> tuple[list[Path], list[str]]:
    """Return the files of a loop, and the commands that follow."""
    from vermeil.jobs.run_folder import RunFolder
    from vermeil.pipeline.loop.folder import LoopFolder

    folder = RunFolder(sections.run.output)
    loop = LoopFolder(folder.loop)
    written = [path for path in (loop.report, loop.gold, folder.model) if path.exists()]
    steps = []
    if report.is_finished and folder.model.exists():
        test = sections.corpora.test
        if test is not None:
            steps.append(command("evaluate", folder.model, test.path))
        steps.append(command("predict", folder.model, "FILE"))
    else:
        steps.append(command("run", *words, "--review", config=config))
    return written, steps


def _goes_on() -> bool:
    """Return whether to train after Ctrl-C in a review; only asked in a terminal."""
    from vermeil.cli import INTERRUPTED
    from vermeil.cli.ui.termination import exit_code

    if exit_code() != INTERRUPTED or not sys.stdin.isatty():
        return False
    question = "Train on the reviewed documents now? (n: stop, the same command continues)"
    try:
        return typer.confirm(question, default=True, err=True)
    except typer.Abort:  # Ctrl-C at the question
        return False
