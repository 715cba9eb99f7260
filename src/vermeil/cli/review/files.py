"""``vermeil review``: export silver to an annotation tool, import corrections, open a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vermeil.cli.review import page
from vermeil.cli.ui.next_steps import command, print_end, relative
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, Overwrite
from vermeil.cli.ui.output import print_json, print_status

EXAMPLE = "Example: vermeil review export silver.jsonl --to label-studio --output tasks.json"
EXPORT = f"""{EXAMPLE}

\b
Others:
  vermeil review export silver.jsonl --to prodigy --output t.jsonl --order score --limit 200
  vermeil review export silver.jsonl --to argilla --output records.json --ids chosen.txt
"""
IMPORT = """Example: vermeil review import export.json --silver silver.jsonl --output gold.jsonl

\b
With the name of the tool, where the file does not identify it:
  vermeil review import doccano:all.jsonl --silver silver.jsonl --output gold.jsonl
"""


def _tool_names() -> list[str]:
    from vermeil.corpora.tools.registry import TOOLS

    return list(TOOLS)


app = typer.Typer(
    no_args_is_help=True, help="Review silver in the browser, or in an annotation tool."
)
app.command("open", epilog=page.OPEN)(page.open_page)
app.command("stats", epilog=page.STATS)(page.stats)


@app.command("export", epilog=EXPORT)
def export(
    silver: Annotated[
        Path, typer.Argument(metavar="SILVER", help="Silver or predictions; or FORMAT:FILE.")
    ],
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="TOOL",
            autocompletion=_tool_names,
            help="Annotation tool, for example label-studio. An unknown one lists all.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Output file; .gz compresses.")],
    order: Annotated[
        Literal["given", "score", "abstentions"],
        typer.Option(
            "--order",
            help="Order of documents: given, as in SILVER; score, lowest score of a span first; "
            "abstentions, most characters without a known label first.",
        ),
    ] = "given",
    ids: Annotated[
        Path | None,
        typer.Option("--ids", help="Only these, in this order: one id per line, or JSONL with id."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Largest number of documents.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Export documents with their spans as suggestions for review.

    Ids, scores and abstentions are exported as hidden fields. import matches documents by them.
    """
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus
    from vermeil.jobs.review import export_for_review, read_ids

    chosen = None if ids is None else read_ids(ids)
    documents = read_corpus(corpus_config(silver))
    report = export_for_review(documents, to, output, order, limit, chosen, overwrite=overwrite)
    if as_json:
        print_json(report.as_dict())
        return
    print_status(
        f"wrote {report.exported:,} of {report.documents:,} documents with {report.suggestions:,} "
        f"suggested spans to {output}"
    )
    for name, number in report.hidden.items():
        print_status(f"exported as hidden fields: {name} {number:,}")
    if report.unknown_ids:
        first = ", ".join(report.unknown_ids[:5])
        print_status(f"not in {silver}: {len(report.unknown_ids):,} ids ({first})")
    if to == "label-studio":
        _write_labelling(silver, output, overwrite=overwrite)
    arguments = ("EXPORT", "--silver", silver, "--output", "gold.jsonl")
    print_end(steps=[f"correct them in {to}, then: {command('review import', *arguments)}"])


def _write_labelling(silver: Path, tasks: Path, *, overwrite: bool) -> None:
    """Write the labelling configuration of Label Studio beside its tasks."""
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.pipeline.labelling import labels_for_review, write_labelling

    labels = labels_for_review(corpus_config(silver), DEFAULT_CONFIG)
    if labels.names:
        path = write_labelling(labels, tasks, overwrite=overwrite)
        print_status(
            f"wrote: {relative(path)} ({', '.join(labels.names)}); paste it into the project's "
            "Settings > Labeling Interface > Code"
        )
    else:
        print_status(
            f"no labelling configuration: neither {DEFAULT_CONFIG} nor {silver} names a label"
        )


@app.command("import", epilog=IMPORT)
def import_(
    file: Annotated[Path, typer.Argument(metavar="EXPORT", help="File of the tool, or TOOL:FILE.")],
    *,
    silver: Annotated[Path, typer.Option("--silver", help="The silver file that was exported.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Output file for gold: .jsonl or another format.")
    ],
    rest: Annotated[
        Path | None,
        typer.Option(
            "--rest", help="Output file for the other documents. [default: OUTPUT.rest.jsonl]"
        ),
    ] = None,
    text_key: Annotated[
        str | None,
        typer.Option("--text-key", help="Key of the text in EXPORT. [default: recognised]"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Import reviewed documents: accepted ones become gold, the rest goes to a file of its own.

    A document is not accepted if its text was changed, its id is unknown, it is unfinished,
    skipped or rejected, annotators disagree, its answer holds no annotation, or its offsets are
    unreliable. The reason is in its meta. A doccano export has no field for finished documents:
    export only confirmed ones.
    The report counts the suggested spans that were kept, changed and deleted.
    """
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.cli.ui.reports import print_report
    from vermeil.corpora import read_corpus
    from vermeil.corpora.unread import describe_unread
    from vermeil.jobs.review import import_review
    from vermeil.jobs.review_report import describe_ids

    aside = (
        output.with_name(f"{output.name.partition('.')[0]}.rest.jsonl") if rest is None else rest
    )
    known = read_corpus(corpus_config(silver))
    report = import_review(
        corpus_config(file, text_key=text_key), known, output, aside, overwrite=overwrite
    )
    if as_json:
        print_json(report.as_dict())
        return
    hidden = ("ids_not_accepted", "unread")
    print_report({k: v for k, v in report.as_dict().items() if k not in hidden}, str(file))
    for name, number in report.unread.items():
        print_status(describe_unread(name, number))
    for line in describe_ids(report.not_accepted):
        print_status(line)
    if report.not_accepted:
        print_status(f"these documents are in {aside}")
    parts = ("train=0.8", "test=0.2", "--output", "gold")
    print_end([output], [command("corpus split", output, *parts)])
