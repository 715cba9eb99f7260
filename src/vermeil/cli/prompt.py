"""``vermeil prompt``: show the prompt as it is sent, and compare two configurations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import console, print_json, print_status

EXAMPLE = "Example: vermeil prompt show"

app = typer.Typer(help="The teacher's prompt: show, diff.", no_args_is_help=True)


@app.command("show", epilog="Example: vermeil prompt show news-001.02")
def show(
    document: Annotated[
        str | None,
        typer.Argument(
            metavar="[DOC]", help="Id of a document; default: the first one of the pool."
        ),
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Print exactly what is sent about a document, with token counts."""
    sections = load(config, overrides)
    from vermeil.pipeline.prompt import show_prompt

    shown = show_prompt(sections, document)
    if as_json:
        print_json(shown.as_dict())
        return
    from vermeil.cli.ui.highlight import heading

    out = console()
    for message, tokens in zip(shown.messages, shown.tokens, strict=True):
        out.print(heading(f"{message['role']}, about {tokens:,} tokens"))
        out.print(message["content"], markup=False, soft_wrap=True)
    counted = "" if shown.counted is None else f"; the server counted {shown.counted:,}"
    print_status(
        f"document {shown.document_id}, model {shown.request.model}: about "
        f"{sum(shown.tokens):,} tokens, at most {shown.max_tokens:,}{counted}"
    )


@app.command("diff", epilog="Example: vermeil prompt diff vermeil.toml.old vermeil.toml")
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="Configuration file.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another configuration file.")],
    as_json: AsJson = False,
) -> None:
    """Print the difference between the prompts of two configurations as a unified diff."""
    old, new = load(before, None), load(after, None)
    from vermeil.pipeline.prompt import diff_prompts

    found = diff_prompts(old, new, (str(before), str(after)))
    if as_json:
        print_json({"diff": found})
    elif found:
        console().print(found, markup=False, soft_wrap=True, end="")
    else:
        print_status("the prompts are equal")
