"""``vermeil export``: write a model for ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vermeil.cli.ui.options import AsJson, Model, Overwrite, Quiet
from vermeil.cli.ui.output import console, print_json, table
from vermeil.cli.ui.progress import shown_progress
from vermeil.errors import ExportError

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
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Export a model to ONNX and verify that its predictions are the same."""
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus
    from vermeil.jobs.export import Int8Options
    from vermeil.jobs.export import export as job

    output = output or model.with_name(f"{model.resolve().name}-onnx")
    gold = None if check is None else list(read_corpus(corpus_config(check)))
    with shown_progress(quiet) as progress:
        options = Int8Options(per_channel, limit) if int8 else None
        report = job(model, output, gold, progress, int8=options, overwrite=overwrite)
    if as_json:
        print_json(report.as_dict())
    else:
        rows = [("student", "–", report.f1.get("student", "–"))]
        for precision, difference in report.logit_difference.items():
            rows.append((precision, f"{difference:.2g}", report.f1.get(precision, "–")))
        out = console()
        out.print(table(str(report.folder), ("", "logits differ by", "F1"), rows))
    if report.refused is not None:
        raise ExportError(report.refused)
