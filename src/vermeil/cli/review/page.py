"""``vermeil review open`` and ``vermeil review stats``: the review page in the browser."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import print_json, print_status

if TYPE_CHECKING:
    from vermeil.config import Config

OPEN = """Example: vermeil review open silver.jsonl

\b
Others:
  vermeil review open --ids vermeil-run/for-person.jsonl
  vermeil review open --annotator ann --annotator bo
  VERMEIL_TOKEN=a-long-secret-phrase vermeil review open --host 0.0.0.0 --port 8800 --no-browser
"""
STATS = """Example: vermeil review stats

\b
Others:
  vermeil review stats --output vermeil-review --json
"""

ReviewFolder = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Folder of the review. Default: review in run.output; without a configuration, "
        "vermeil-review.",
    ),
]


def open_page(
    documents: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DOCUMENTS]",
            help="File to review, or FORMAT:FILE. Default: silver of the run, else corpora.pool.",
        ),
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    *,
    output: ReviewFolder = None,
    ids: Annotated[
        Path | None,
        typer.Option(
            "--ids",
            help="Only these documents, in this order: a file of vermeil rank, or one id per line. "
            "Default: for-person.jsonl in run.output, if it exists.",
        ),
    ] = None,
    annotator: Annotated[
        list[str] | None,
        typer.Option(
            "--annotator",
            metavar="NAME",
            help="Name of an annotator, stored with the decisions; several times for several. "
            "Default: the user.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; others need --token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 picks a free one.")
    ] = 0,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="VERMEIL_TOKEN",
            show_envvar=True,
            help="Secret with which other machines sign in. Other users of this machine can see "
            "options; prefer the variable.",
        ),
    ] = None,
    student: Annotated[
        bool, typer.Option("--student/--no-student", help="Show the annotation of the student.")
    ] = True,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Review documents in the browser: correct suggested annotations, mostly by keyboard.

    Every decision is stored at once. Ctrl-C ends the page and writes gold. The same command
    continues a review. Press ? on the page for all keys.
    """
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.pipeline.review_files import ReviewInput, review_files
    from vermeil.serving.review.address import ReviewAccess

    access = ReviewAccess(host, port, token, tuple(annotator or [user()]), browser)
    corpus = None if documents is None else corpus_config(documents)
    given = ReviewInput(corpus, ids, output, student)
    sections = _config(config, overrides)
    report = review_files(sections, given, access, print_status)
    if as_json:
        print_json(None if report is None else report.as_dict())
    elif report is None:
        print_status("no document was reviewed")
    else:
        left = sum(len(names) for names in report.not_accepted.values())
        print_status(f"gold: {report.accepted:,} documents; without gold: {left:,} in rest.jsonl")


def stats(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    *,
    output: ReviewFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show the statistics of a review: documents, minutes, agreement, right suggestions."""
    from vermeil.cli.ui.reports import print_report
    from vermeil.pipeline.review_files import review_folder
    from vermeil.serving.review.open import LOG
    from vermeil.serving.review.stats import review_stats
    from vermeil.tasks import make_task

    sections = _config(config, overrides)
    log = review_folder(sections, output) / LOG
    task = None if sections is None else make_task(sections.task)
    resamples = {} if sections is None else {"resamples": sections.review.resamples}
    report = review_stats(log, task, **resamples).as_dict()
    (print_json if as_json else print_report)(report)


def _config(path: Path, overrides: list[str] | None) -> Config | None:
    """Return the configuration; None if there is no file of the default name."""
    if path == DEFAULT_CONFIG and not path.exists() and not overrides:
        return None
    return load(path, overrides)


def user() -> str:
    """Return the name of the user of this machine, or "me"."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for the number of the user
        return "me"
