"""``vermeil predict``: tag new text."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.options import AnyPrecision, Model, Quiet
from vermeil.cli.progress import shown_progress
from vermeil.errors import ConfigError

if TYPE_CHECKING:
    from vermeil.data.document import Document

STDIN = Path("-")

EXAMPLE = "Example: echo 'Ada met Grace in Oslo.' | vermeil predict vermeil-run/model -"


def predict(
    model: Model,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE…|-", help="Text, JSONL, CoNLL … or FORMAT:FILE; .gz too."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write here, not to standard output.")
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help="How FILE is written, if not before its path.")
    ] = "auto",
    precision: AnyPrecision = "auto",
    resume: Annotated[
        bool, typer.Option("--resume", help="Take up what a stopped --resume has left of --output.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Tag texts; writes vermeil JSONL with a score per span."""
    from vermeil.cli.inputs import corpus_config
    from vermeil.corpora import read_corpus
    from vermeil.jobs.predict import predict as job
    from vermeil.jobs.predict import predict_file

    if resume and output is None:
        raise ConfigError("--resume: needs --output, the file that is to be continued")
    corpora = [corpus_config(path, format=format_) for path in files or [STDIN]]
    documents = (document for corpus in corpora for document in read_corpus(corpus))
    with shown_progress(quiet) as progress:
        if output is None:
            _print(job(model, documents, progress, precision))
        else:
            predict_file(model, documents, output, progress, precision, resume=resume)


def _print(documents: Iterable[Document]) -> None:
    from vermeil.corpora.jsonl import document_to_line

    for document in documents:
        sys.stdout.write(document_to_line(document) + "\n")
