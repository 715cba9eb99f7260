"""``vermeil rank``: the order in which documents should be annotated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vermeil.cli.ui.announce import announce
from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigFile,
    Overrides,
    Overwrite,
    Quiet,
    load,
)
from vermeil.cli.ui.output import print_json, print_status
from vermeil.cli.ui.progress import shown_progress

EXAMPLE = """Example: vermeil rank --for teacher --strategy diversity --set rank.max_cost_usd=5

\b
Others:
  vermeil rank --for person --strategy cost_aware --set rank.max_minutes=60
  vermeil annotate --order vermeil-run/for-teacher.jsonl
  vermeil review export silver.jsonl --to doccano -o t.jsonl --ids vermeil-run/for-person.jsonl
"""


def rank(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    annotator: Annotated[
        Literal["teacher", "person"] | None,
        typer.Option("--for", help="Annotator of the documents; sets rank.annotator."),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option("--strategy", metavar="NAME", help="Strategy; sets rank.strategy."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Output file. [default: for-teacher.jsonl or for-person.jsonl in run.output]",
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Rank documents for the teacher or a person, within a limit on cost, tokens or minutes.

    Writes one line per document, best first, with the reason for its place. Annotated texts and
    near-duplicates are left out.
    """
    given = {"annotator": annotator, "strategy": strategy}
    chosen = [f"rank.{key}={value}" for key, value in given.items() if value is not None]
    sections = load(config, [*(overrides or ()), *chosen])
    from vermeil.cli.ui.reports import print_report
    from vermeil.pipeline.rank_files import rank_files

    with shown_progress(quiet) as progress:
        report = rank_files(
            sections,
            progress,
            output,
            overwrite=overwrite,
            on_judge=lambda job: announce("rank", sections, job.gold, job.silver, quiet),
        )
    (print_json if as_json else print_report)(report)
    if not as_json:
        written = Path(report["output"])
        if sections.rank.annotator == "teacher":
            step = command("annotate", "--order", written, config=config)
        else:
            options = ("--to", "doccano", "--output", "tasks.jsonl", "--ids", written)
            step = command("review export", "SILVER", *options)
        print_end(steps=[step], quiet=quiet)
    for warning in report["warnings"]:
        print_status(f"warning: {warning}")
