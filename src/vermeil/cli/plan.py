"""``vermeil plan``: recommend how many gold and silver documents to buy next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import print_json

if TYPE_CHECKING:
    from vermeil.studies.plan import PlanReport

EXAMPLE = (
    "Example: vermeil plan --budget 500 --set plan.gold_price=0.40 --set plan.silver_price=0.002"
)


def plan(
    config: ConfigFile = DEFAULT_CONFIG,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="MONEY", help="Money to spend. [default: plan.budget]"),
    ] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Recommend which labels to buy next, from a study over several data sizes."""
    from vermeil.jobs.run_folder import RunFolder
    from vermeil.studies.plan import plan as job

    given = [] if budget is None else [f"plan.budget={budget}"]
    sections = load(config, [*(overrides or ()), *given])
    report = job(RunFolder(sections.run.output).study / "results.json", sections.plan)
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report)


def _print(report: PlanReport) -> None:
    from vermeil.cli.ui.output import console
    from vermeil.studies.report.terminal import frontier_table

    console().print(frontier_table(report.record))
    for sentence in report.sentences:
        console().print(sentence)
