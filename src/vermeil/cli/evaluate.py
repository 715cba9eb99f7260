"""``vermeil evaluate``: score a model, predictions or silver against gold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.ui.appraisal import appraisal_tables
from vermeil.cli.ui.corpus_options import CorpusOptions, with_corpus_options
from vermeil.cli.ui.options import AnyPrecision, AsJson, Quiet
from vermeil.cli.ui.output import console, print_json
from vermeil.cli.ui.progress import shown_progress

if TYPE_CHECKING:
    from vermeil.corpora.reading import ReadReport

EXAMPLE = "Example: vermeil evaluate vermeil-run/model test.jsonl --json"


@with_corpus_options("GOLD")
def evaluate(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="Model folder, or file of predictions or silver; FORMAT:PATH for corpus folders.",
        ),
    ],
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="Gold corpus.")],
    *,
    options: CorpusOptions,
    precision: AnyPrecision = "fp32",
    agreement_with: Annotated[
        list[Path] | None,
        typer.Option(
            "--agreement-with",
            metavar="FILE",
            help="Also measure agreement with this file, such as silver of another prompt; "
            "can be given several times.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Score a model or a file of predictions against gold; needs no vermeil.toml."""
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import require_readable
    from vermeil.jobs.evaluate_files import agreement_of_files, evaluate_files, locate_record

    corpus = corpus_config(gold, **options)
    require_readable(corpus, *(corpus_config(path) for path in agreement_with or ()))
    with shown_progress(quiet) as progress:
        reading: list[ReadReport] = []
        evaluation = evaluate_files(model, corpus, progress, precision, reading.append)
    report = evaluation.as_dict()
    report["reading"] = [one.as_dict() for one in reading]
    report["agreement"] = [
        {"with": str(path), **agreement_of_files(model, path).as_dict()}
        for path in agreement_with or ()
    ]
    report["teacher"] = locate_record(model)
    if as_json:
        print_json(report)
        return
    out = console()
    for part in appraisal_tables(report):
        out.print(part)
    kinds = {"reliability": "scores", "relation_reliability": "scores of relations"}
    for key, title in kinds.items():
        if report.get(key) is not None:
            out.print(f"{title}: expected calibration error {report[key]['ece']:.3f}")
