"""``vermeil review``: doubtful documents to an annotation tool, and people's corrections back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vermeil.cli.ui.options import AsJson, Overwrite
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
With the tool's name, where the file does not tell:
  vermeil review import doccano:all.jsonl --silver silver.jsonl --output gold.jsonl
"""

app = typer.Typer(no_args_is_help=True, help="Have people correct silver in their annotation tool.")


@app.command("export", epilog=EXPORT)
def export(
    silver: Annotated[
        Path, typer.Argument(metavar="SILVER", help="Silver or predictions; or FORMAT:FILE.")
    ],
    *,
    to: Annotated[
        Literal["label-studio", "doccano", "prodigy", "argilla"],
        typer.Option("--to", help="The tool that is to import the file."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file; .gz compresses.")],
    order: Annotated[
        Literal["given", "score", "abstentions"],
        typer.Option(
            "--order",
            help="Which come first: given, as in SILVER; score, those with the lowest score of a "
            "span; abstentions, those with the most characters that nobody is sure of.",
        ),
    ] = "given",
    ids: Annotated[
        Path | None,
        typer.Option("--ids", help="Only these, in this order: an id per line, or JSONL with id."),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="So many at most.")] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write documents with their spans as suggestions, for people to correct.

    Scores, abstentions, ids and the like travel along, where the tool keeps what it does not
    know; import finds the documents by them.
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
        f"wrote {report.exported:,} of {report.documents:,} documents with {report.spans:,} "
        f"suggested spans to {output}"
    )
    for name, number in report.hidden.items():
        print_status(f"carried along, not shown: {name} {number:,}")
    if report.unknown_ids:
        first = ", ".join(report.unknown_ids[:5])
        print_status(f"not in {silver}: {len(report.unknown_ids):,} ids, the first: {first}")


@app.command("import", epilog=IMPORT)
def import_(
    file: Annotated[Path, typer.Argument(metavar="EXPORT", help="The tool's file, or TOOL:FILE.")],
    *,
    silver: Annotated[
        Path, typer.Option("--silver", help="What was exported: texts and suggestions.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where gold goes: .jsonl or another format's.")
    ],
    rest: Annotated[
        Path | None,
        typer.Option(
            "--rest", help="Where documents go that are not accepted. [default: OUTPUT.rest.jsonl]"
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Read people's corrections: what they agree on is gold, the rest is put aside.

    A document is put aside, with the reason in its meta, if its text was changed, its id is
    unknown, nobody has finished it (or somebody skipped or rejected it), annotators disagree, or
    its offsets cannot be relied on. A doccano export does not tell what is finished: export only
    confirmed documents from there. What happened to the suggested spans is reported.
    """
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.cli.ui.reports import print_report
    from vermeil.corpora import read_corpus
    from vermeil.jobs.review import describe_ids, import_review

    aside = (
        output.with_name(f"{output.name.partition('.')[0]}.rest.jsonl") if rest is None else rest
    )
    known = read_corpus(corpus_config(silver))
    report = import_review(corpus_config(file), known, output, aside, overwrite=overwrite)
    if as_json:
        print_json(report.as_dict())
        return
    print_report({k: v for k, v in report.as_dict().items() if k != "ids_set_aside"}, str(file))
    for line in describe_ids(report.not_accepted):
        print_status(line)
    if report.not_accepted:
        print_status(f"these documents are in {aside}")
