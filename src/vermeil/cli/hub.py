"""``vermeil push`` and ``vermeil pull``: models and corpora on the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.ui.options import AsJson, Overwrite, Quiet
from vermeil.cli.ui.output import console, print_json, print_line, print_status, table
from vermeil.cli.ui.progress import shown_progress

if TYPE_CHECKING:
    from vermeil.hub.upload import PushReport

PUSH_EXAMPLE = "Example: vermeil push vermeil-run/model user/places --yes"
PULL_EXAMPLE = "Example: vermeil pull user/places places"

Repo = Annotated[str, typer.Argument(metavar="REPO", help="Repository: user/name.")]
Data = Annotated[bool, typer.Option("--data", help="A corpus in a data set, not a model.")]
Split = Annotated[str, typer.Option("--split", help="Split of the data set, with --data.")]


def push(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="Model folder; a corpus with --data.")
    ],
    repo: Repo,
    data: Data = False,
    split: Split = "train",
    yes: Annotated[
        bool, typer.Option("--yes", help="Send the files. Without it, only list them.")
    ] = False,
    public: Annotated[
        bool, typer.Option("--public", help="Make a new repository public, not private.")
    ] = False,
    message: Annotated[
        str, typer.Option("--message", "-m", help="Summary of the commit.")
    ] = "Upload with Vermeil",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files of the same name in the repository.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Send a model or a corpus to the Hugging Face Hub; private unless --public.

    Without --yes nothing is sent. The token comes from HF_TOKEN or hf auth login.
    """
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus
    from vermeil.hub.upload import PushOptions
    from vermeil.jobs.sharing.push import push as push_model
    from vermeil.jobs.sharing.push import push_corpus

    options = PushOptions(yes, public, overwrite, message)
    if yes and not quiet:
        print_status(f"push: sending {source} to {repo}")
    if data:
        documents = list(read_corpus(corpus_config(source)))
        report = push_corpus(documents, repo, split, options)
    else:
        report = push_model(source, repo, options)
    if as_json:
        print_json(report.as_dict())
    else:
        _print_push(report)


def _print_push(report: PushReport) -> None:
    state = "private" if report.private else "public"
    rows = [[name, f"{size:,}"] for name, size in report.files.items()]
    rows += [[name, "kept as it is"] for name in report.kept]
    console().print(table(f"{report.repo} ({report.kind}, {state})", ["file", "bytes"], rows))
    print_line(report.url)


def pull(
    repo: Repo,
    output: Annotated[
        Path, typer.Argument(metavar="OUTPUT", help="Model folder; a JSONL file with --data.")
    ],
    data: Data = False,
    split: Split = "train",
    revision: Annotated[
        str | None, typer.Option("--revision", help="Branch, tag or commit. [default: newest]")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Download a model or a corpus from the Hugging Face Hub, and check its files."""
    from vermeil.jobs.sharing.pull import pull as pull_model
    from vermeil.jobs.sharing.pull import pull_corpus

    if data:
        report = pull_corpus(repo, output, split, revision, overwrite=overwrite)
    else:
        with shown_progress(quiet) as progress:
            report = pull_model(repo, output, revision, progress, overwrite=overwrite)
    if as_json:
        print_json(report.as_dict())
        return
    found = "" if report.documents is None else f", {report.documents:,} documents"
    print_line(f"{report.path}: {report.repo} at {report.revision[:12]}{found}")
