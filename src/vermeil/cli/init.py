"""``vermeil init``: write a configuration template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vermeil.cli.ui.next_steps import command, print_end, relative
from vermeil.cli.ui.output import print_status

EXAMPLE = """Example: vermeil init my-project

\b
A short file for your own labels and texts:
  vermeil init my-project --short --labels DRUG,DOSE --pool letters --teacher ollama

\b
A project that trains at once, with labels, guidelines and a small made-up sample:
  vermeil init my-project --template support
"""


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Target folder; created if it is missing.")
    ] = Path(),
    force: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing vermeil.toml.")
    ] = False,
    teacher: Annotated[
        Literal["ollama", "vllm", "openai", "local"],
        typer.Option(
            "--teacher",
            help="ollama, vllm: a server on this machine. openai: OpenAI's API, with a spending "
            "limit. local: a GGUF file on this machine, with settings for small models.",
        ),
    ] = "ollama",
    labels: Annotated[
        str | None, typer.Option("--labels", metavar="A,B,…", help="Names of the labels.")
    ] = None,
    pool: Annotated[
        list[str] | None,
        typer.Option(
            "--pool",
            metavar="PATH",
            help="Plain text for the teacher, relative to FOLDER; can be given several times.",
        ),
    ] = None,
    gold: Annotated[
        str | None, typer.Option("--gold", metavar="PATH", help="Annotated file for training.")
    ] = None,
    test: Annotated[
        str | None, typer.Option("--test", metavar="PATH", help="Annotated file for reporting.")
    ] = None,
    *,
    short: Annotated[
        bool, typer.Option("--short", help="Write only the keys that a new project sets.")
    ] = False,
    starter: Annotated[
        Literal["clinical", "finance", "legal", "support"] | None,
        typer.Option(
            "--template",
            help="Start from labels, guidelines and about 20 made-up documents of a field.",
        ),
    ] = None,
) -> None:
    """Write a commented vermeil.toml to fill in."""
    from vermeil.config.template import template
    from vermeil.data.atomic import atomic_file
    from vermeil.errors import ConfigError

    path = folder / "vermeil.toml"
    if path.exists() and not force:
        raise ConfigError(
            f"{path}: exists already; name another folder, or replace it with --overwrite"
        )
    if starter is not None:
        given_too = {"--labels": labels, "--pool": pool, "--gold": gold, "--test": test}
        extra = [option for option, value in given_too.items() if value is not None]
        if extra:
            raise ConfigError(f"--template has its own labels and files; leave out {extra[0]}")
        _write_starter(folder, starter, teacher)
        return
    names = [] if labels is None else [one.strip() for one in labels.split(",")]
    if "" in names or len(set(names)) < len(names):
        raise ConfigError(f"--labels {labels}: expected different names, such as DRUG,DOSE")
    given = {"gold": gold, "pool": _one_or_all(pool), "test": test}
    corpora = {name: value for name, value in given.items() if value is not None}
    text = template(teacher, names, corpora, short=short)
    with atomic_file(path) as file:
        file.write(text)
    steps = [command("check", config=path)]
    missing = [
        section for section, is_given in (("task", names), ("corpora", corpora)) if not is_given
    ]
    if missing:
        sections = ", ".join(f"[{one}]" for one in (*missing, "teacher"))
        steps = [f"fill in {sections} of {relative(path)}, then: {steps[0]}"]
    print_end([path], steps)
    if teacher == "local":
        print_status("models that were tested as teachers: vermeil local list")


def _write_starter(folder: Path, name: str, teacher: str) -> None:
    """Write the files of a starter project; only vermeil.toml may exist."""
    from vermeil.config.starters import starter_files
    from vermeil.data.atomic import atomic_file
    from vermeil.errors import DataError

    files = starter_files(name, teacher)
    for file in files:
        if file != "vermeil.toml" and (folder / file).exists():
            raise DataError("exists already; name a new folder for --template", folder / file)
    for file, text in files.items():
        with atomic_file(folder / file) as opened:
            opened.write(text)
    config = folder / "vermeil.toml"
    steps = [command("check", config=config), command("run", config=config)]
    print_end([folder / file for file in files], steps)


def _one_or_all(pool: list[str] | None) -> str | list[str] | None:
    return pool[0] if pool and len(pool) == 1 else pool
