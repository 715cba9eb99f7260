"""``vermeil predict``: annotate text with a trained model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import AnyPrecision, Model, Overrides, Overwrite, Quiet, RunOn, load
from vermeil.cli.ui.output import print_json_line, print_status
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
            help="Text, JSONL, CoNLL … or FORMAT:FILE; also .gz. With --on ray: folder or s3 URI.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Output file instead of standard output. With --on ray: a folder or s3 URI.",
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help="Format of FILE, unless it stands before the path.")
    ] = "auto",
    unit: Annotated[
        Literal["auto", "line", "file"],
        typer.Option(
            "--unit",
            help="Plain text: one document per line or per file. auto: a single file and - hold "
            "one per line, a folder one per file.",
        ),
    ] = "auto",
    precision: AnyPrecision = "auto",
    min_score: Annotated[
        float,
        typer.Option(
            "--min-score", min=0, max=1, help="Leave out spans and labels with a lower score."
        ),
    ] = 0.0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume an interrupted run of --output.")
    ] = False,
    overwrite: Overwrite = False,
    on: RunOn = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", metavar="FILE", help="Configuration with the section \\[cluster]."
        ),
    ] = None,
    overrides: Overrides = None,
    quiet: Quiet = False,
) -> None:
    """Annotate text with a trained model; writes JSONL with a score per span."""
    cluster = _cluster(config, overrides, on)
    if min_score and (resume or cluster is not None):
        raise ConfigError("--min-score: cannot be combined with --resume or --on ray")
    if cluster is not None:
        _predict_folder(model, files or [], output, cluster, precision, quiet)
        return
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus, require_readable, write_corpus
    from vermeil.jobs.predict import predict as job
    from vermeil.jobs.predict import predict_file

    if resume and output is None:
        raise ConfigError("--resume: needs --output, the file to continue")
    if overwrite and output is None:
        raise ConfigError("--overwrite: needs --output, the file to replace")
    corpora = [
        corpus_config(Path(path), format=format_, text_unit=unit) for path in files or [STDIN]
    ]
    require_readable(*corpora)
    documents = (document for corpus in corpora for document in read_corpus(corpus))
    with shown_progress(quiet) as progress:
        if min_score:
            kept = _above(job(model, documents, progress, precision), min_score)
            if output is None:
                _print(kept)
            else:
                write_corpus(kept, Path(output), "jsonl", overwrite=overwrite)
        elif output is None:
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
    if output is not None:
        print_end([output], [command("evaluate", Path(output), "GOLD")], quiet=quiet)


def _cluster(
    config: Path | None, overrides: list[str] | None, on: Literal["here", "ray"] | None
) -> ClusterConfig | None:
    """Return the cluster that the options name; None for this machine."""
    if config is not None:
        return load(config, overrides).cluster.resolve(on)
    if overrides:
        raise ConfigError("--set: needs --config, the file with the values to override")
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
        raise ConfigError("--on ray: needs one input folder and --output, the output folder")
    with shown_progress(quiet) as progress:
        report = predict_folder(model, folders[0], output, cluster, progress, precision)
    print_status(
        f"{report.documents:,} documents predicted; {report.partitions:,} files, of which "
        f"{report.resumed:,} were finished before"
    )


def _above(documents: Iterable[Document], min_score: float) -> Iterator[Document]:
    from vermeil.data.annotation_spans import without_low_scores

    for document in documents:
        yield document.with_annotation(without_low_scores(document.annotation, min_score))


def _print(documents: Iterable[Document]) -> None:
    from vermeil.data.records import document_to_line

    for document in documents:
        print_json_line(document_to_line(document))
