"""``vermeil replies``: list, count, export and import stored replies, and show their cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vermeil.cli.ui.next_steps import command, print_end, relative
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Overwrite, load
from vermeil.cli.ui.output import console, print_json, print_status, table

if TYPE_CHECKING:
    from vermeil.config import Config
    from vermeil.tasks.protocol import Task
    from vermeil.teacher.store.records import RecordFilter

EXAMPLE = "Example: vermeil replies count"
REPLY_CHARACTERS_SHOWN = 80
"""Characters of a reply in the list."""

app = typer.Typer(help="Stored replies: list, count, export, import.", no_args_is_help=True)

Model = Annotated[str | None, typer.Option("--model", help="Only this model.")]
Prompt = Annotated[str | None, typer.Option("--prompt", help="Only this prompt.")]
DocumentId = Annotated[str | None, typer.Option("--document", help="Only this document.")]


@app.command("list", epilog="Example: vermeil replies list --state unparsable")
def list_(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    *,
    model: Model = None,
    prompt: Prompt = None,
    document: DocumentId = None,
    states: Annotated[
        list[str] | None,
        typer.Option("--state", help="Only this state; can be given several times."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="Largest number of rows; 0 shows all.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """List requests with their state and reply."""
    from vermeil.jobs.replies import list_replies

    sections = load(config, overrides)
    store, task = _store_and_task(sections)
    wanted = _wanted(model, prompt, document)
    records = list_replies(
        store, task, sections.teacher, wanted, _states(states or []), limit or None
    )
    if as_json:
        print_json(records)
        return
    columns = ("document", "model", "prompt", "sample", "state", "attempts", "reply or error")
    rows = [
        (*(r[name] for name in ("id", *columns[1:-1])), _shortened(r["reply"] or r["error"] or ""))
        for r in records
    ]
    words = ("model", "prompt", "state", "reply or error")
    console().print(table("", columns, rows, words))
    if limit and len(records) == limit:
        print_status(f"the first {limit:,}; --limit 0 shows all")


@app.command("count", epilog="Example: vermeil replies count --json")
def count(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    *,
    model: Model = None,
    prompt: Prompt = None,
    as_json: AsJson = False,
) -> None:
    """Count requests by model, prompt and state."""
    from vermeil.jobs.replies import count_replies

    sections = load(config, overrides)
    store, task = _store_and_task(sections)
    _print(count_replies(store, task, sections.teacher, _wanted(model, prompt, None)), as_json)


@app.command("export", epilog="Example: vermeil replies export strong.jsonl --prompt standard")
def export(
    output: Annotated[
        Path, typer.Argument(metavar="OUTPUT", help="Output file: .jsonl, .jsonl.gz or .parquet.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    *,
    model: Model = None,
    prompt: Prompt = None,
    document: DocumentId = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Export replies; JSONL of one model and prompt can be served by vermeil replay."""
    from vermeil.jobs.replies import export_replies

    store, _ = _store_and_task(load(config, overrides))
    wanted = _wanted(model, prompt, document)
    report = export_replies(store, output, wanted, overwrite=overwrite)
    if as_json:
        print_json(report.as_dict())
        return
    print_status(f"wrote {report.written:,} replies to {output}")
    if report.without_reply:
        print_status(f"left out: {report.without_reply:,} requests without a reply")
    if report.without_text:
        print_status(f"left out: {report.without_text:,} replies whose id stands for several texts")
    if output.name.endswith((".jsonl", ".jsonl.gz")):
        print_end(steps=[command("replay", f"{model or 'MODEL'}={relative(output)}")])


@app.command("import", epilog="Example: vermeil replies import strong.jsonl")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSONL with text (or id) and reply; also .gz.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Import recorded replies to the pool as replies of the configured teacher."""
    from vermeil.cli.ui.reports import print_report
    from vermeil.jobs.import_replies import import_replies
    from vermeil.pipeline.demonstration_files import demonstrations_for
    from vermeil.pipeline.pool import pool_documents

    sections = load(config, overrides)
    store, task = _store_and_task(sections)
    documents = pool_documents(sections, "name the text that the replies annotate")
    shown = demonstrations_for(sections)
    report = import_replies(file, documents, task, sections.teacher, store, shown).as_dict()
    if as_json:
        print_json(report)
    else:
        print_report(report)
        print_end(steps=[command("locate", config=config)])


@app.command("batches", epilog="Example: vermeil replies batches --abandon 1f0c8a52b9d3e677")
def batches(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    *,
    abandon: Annotated[
        str | None,
        typer.Option(
            "--abandon", metavar="NAME", help="Stop waiting for this batch and free its requests."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List batches with the outcome of their requests."""
    from vermeil.jobs.replies import abandon_batch, list_batches

    store, _ = _store_and_task(load(config, overrides))
    _print([abandon_batch(store, abandon)] if abandon else list_batches(store), as_json)


@app.command("spending", epilog="Example: vermeil replies spending --json")
def spending(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    *,
    release: Annotated[
        bool,
        typer.Option(
            "--release",
            help="Release the reservations of ended processes. Their requests may have been "
            "charged; afterwards the spending limits no longer count them.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show known charges, and amounts of which the charge is unknown."""
    from vermeil.cli.ui.reports import print_report
    from vermeil.jobs.spending import show_spending

    store, _ = _store_and_task(load(config, overrides))
    (print_json if as_json else print_report)(show_spending(store, release=release))


def _store_and_task(sections: Config) -> tuple[Path, Task]:
    from vermeil.jobs.run_folder import RunFolder
    from vermeil.tasks import make_task

    return RunFolder(sections.run.output).replies, make_task(sections.task)


def _wanted(model: str | None, prompt: str | None, document: str | None) -> RecordFilter:
    from vermeil.teacher.store.records import RecordFilter

    return RecordFilter(model, prompt, document)


def _states(names: list[str]) -> list[Any]:
    from vermeil.data.reply import State
    from vermeil.errors import ConfigError

    unknown = [name for name in names if name not in {state.value for state in State}]
    if unknown:
        known = ", ".join(state.value for state in State)
        raise ConfigError(*(f"--state {name}: expected one of {known}" for name in unknown))
    return [State(name) for name in names]


def _print(records: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(records)
    elif records:
        columns = [name.replace("_", " ") for name in records[0]]
        numbers = {n for n, v in zip(columns, records[0].values(), strict=True) if type(v) is int}
        rows = [tuple(r.values()) for r in records]
        console().print(table("", columns, rows, [n for n in columns if n not in numbers]))
    else:
        print_status("none")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= REPLY_CHARACTERS_SHOWN else line[: REPLY_CHARACTERS_SHOWN - 1] + "…"
