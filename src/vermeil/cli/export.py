"""``vermeil export``: write a model for ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import AsJson, Model, Overwrite, Quiet
from vermeil.cli.ui.output import console, print_json, print_status, table
from vermeil.cli.ui.progress import shown_progress
from vermeil.errors import ExportError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from vermeil.jobs.export import ExportReport

EXAMPLE = "Example: vermeil export vermeil-run/model --int8 --check dev.jsonl"


def export(
    model: Model,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Output folder. [default: MODEL-onnx]")
    ] = None,
    *,
    format_: Annotated[  # noqa: ARG001 (the only format so far)
        Literal["onnx"], typer.Option("--format", help="Output format.")
    ] = "onnx",
    int8: Annotated[
        bool, typer.Option("--int8", help="Also write dynamic int8; needs --check.")
    ] = False,
    per_channel: Annotated[
        bool,
        typer.Option(
            "--per-channel/--per-tensor", help="int8: one scale per channel or per matrix."
        ),
    ] = True,
    check: Annotated[
        Path | None, typer.Option("--check", help="Gold to compare F1 on, preferably dev.")
    ] = None,
    limit: Annotated[
        float, typer.Option("--limit", min=0, help="Largest loss of F1 that int8 may have.")
    ] = 0.003,
    agreement: Annotated[
        float,
        typer.Option(
            "--agreement",
            min=0,
            max=1,
            help="Smallest F1 between the predictions of int8 and fp32 on --check.",
        ),
    ] = 0.98,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Export a model to ONNX and verify that its predictions are the same."""
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus
    from vermeil.jobs.export import export as job
    from vermeil.jobs.int8_guard import Int8Options

    output = output or model.with_name(f"{model.resolve().name}-onnx")
    gold = None if check is None else list(read_corpus(corpus_config(check)))
    with shown_progress(quiet) as progress:
        options = Int8Options(per_channel, limit, agreement) if int8 else None
        report = job(model, output, gold, progress, int8=options, overwrite=overwrite)
    if as_json:
        print_json(report.as_dict())
    else:
        console().print(_table(report))
        steps = [command("predict", output, "FILE"), command("serve", output)]
        print_end([output], steps if report.refused is None else (), quiet=quiet)
    if report.undecided is not None:
        print_status(f"export: warning: {report.undecided}")
    if report.refused is not None:
        raise ExportError(report.refused)


def _table(report: ExportReport) -> RenderableType:
    columns = ["", "logits differ by", "F1"]
    rows: list[list[object]] = [["student", None, report.f1.get("student")]]
    for precision, difference in report.logit_difference.items():
        rows.append([precision, f"{difference:.2g}", report.f1.get(precision)])
    if "int8" in report.logit_difference:
        columns.append("agreement with fp32")
        for row in rows:
            row.append(report.agreement if row[0] == "int8" else None)
    return table(str(report.folder), columns, rows)
