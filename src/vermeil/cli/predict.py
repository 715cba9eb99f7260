"""``vermeil predict``: tag new text."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vermeil.cli.ui.options import AnyPrecision, Model, Overrides, Overwrite, Quiet, RunOn, load
from vermeil.cli.ui.output import print_status
from vermeil.cli.ui.progress import shown_progress
from vermeil.errors import ConfigError

if TYPE_CHECKING:
    from vermeil.cluster.config import ClusterConfig
    from vermeil.data.document import Document

STDIN = "-"

EXAMPLE = "Example: echo 'Ada met Grace in Oslo.' | vermeil predict vermeil-run/model -"


def predict(
    model: Model,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE…|-",
            help="Text, JSONL, CoNLL … or FORMAT:FILE; .gz too. With --on ray: one folder, or s3://….",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Write here, not to standard output. With --on ray: a folder, or s3://….",
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help="How FILE is written, if not before its path.")
    ] = "auto",
    precision: AnyPrecision = "auto",
    resume: Annotated[
        bool, typer.Option("--resume", help="Take up what a stopped --resume has left of --output.")
    ] = False,
    overwrite: Overwrite = False,
    on: RunOn = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Where \\[cluster] is read from."),
    ] = None,
    overrides: Overrides = None,
    quiet: Quiet = False,
) -> None:
    """Tag texts; writes vermeil JSONL with a score per span."""
    cluster = _cluster(config, overrides, on)
    if cluster is not None:
        _predict_folder(model, files or [], output, cluster, precision, quiet)
        return
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus, require_readable
    from vermeil.jobs.predict import predict as job
    from vermeil.jobs.predict import predict_file

    if resume and output is None:
        raise ConfigError("--resume: needs --output, the file that is to be continued")
    if overwrite and output is None:
        raise ConfigError("--overwrite: needs --output, the file that is to be replaced")
    corpora = [corpus_config(Path(path), format=format_) for path in files or [STDIN]]
    require_readable(*corpora)
    documents = (document for corpus in corpora for document in read_corpus(corpus))
    with shown_progress(quiet) as progress:
        if output is None:
            _print(job(model, documents, progress, precision))
        else:
            predict_file(
                model,
                documents,
                Path(output),
                progress,
                precision,
                resume=resume,
                overwrite=overwrite,
            )


def _cluster(
    config: Path | None, overrides: list[str] | None, on: Literal["here", "ray"] | None
) -> ClusterConfig | None:
    """Return the cluster to run on, going by the options."""
    if config is not None:
        return load(config, overrides).cluster.resolve(on)
    if overrides:
        raise ConfigError("--set: needs --config, the file whose values are overridden")
    if on is None:
        return None
    from vermeil.cluster.config import ClusterConfig

    return ClusterConfig().resolve(on)


def _predict_folder(
    model: Path,
    folders: list[str],
    output: str | None,
    cluster: ClusterConfig,
    precision: Literal["auto", "fp32", "bf16", "int8"],
    quiet: bool,
) -> None:
    from vermeil.cluster.predict.job import predict_folder

    if len(folders) != 1 or output is None:
        raise ConfigError("--on ray: needs one folder to read, and --output, another to write")
    with shown_progress(quiet) as progress:
        report = predict_folder(model, folders[0], output, cluster, progress, precision)
    print_status(
        f"{report.documents:,} documents now; {report.partitions:,} files, {report.resumed:,} of "
        "them from before"
    )


def _print(documents: Iterable[Document]) -> None:
    from vermeil.data.records import document_to_line

    for document in documents:
        sys.stdout.write(document_to_line(document) + "\n")
