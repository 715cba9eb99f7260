"""The application: every verb, in the order of use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from vermeil import __version__
from vermeil.cli import (
    annotate,
    calibrate,
    check,
    config,
    corpus,
    curation,
    demo,
    evaluate,
    export,
    hub,
    init,
    local,
    locate,
    mcp,
    optimize,
    pilot,
    plan,
    predict,
    prompt,
    rank,
    replay,
    replies,
    run,
    serve,
    show,
    study,
    train,
    tune,
)
from vermeil.cli.review import files as review
from vermeil.cli.ui.help import arrange, prepare_options
from vermeil.cli.ui.output import print_line
from vermeil.cli.ui.termination import handle_termination
from vermeil.data.visible import visible_line
from vermeil.errors import ConfigError


class EscapingGroup(TyperGroup):
    """Group of all verbs, by phase; escapes control characters in errors about arguments."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        arrange(self)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options of the application, with those that install completion."""
        parameters = super().get_params(ctx)
        prepare_options(parameters)
        return parameters

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the arguments of the group."""
        with _escaped_errors():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Parse the arguments of a verb and run it."""
        with _escaped_errors():
            return super().invoke(ctx)


@contextmanager
def _escaped_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        message = getattr(error, "message", None)
        if hasattr(error, "format_message") and isinstance(message, str):  # click's own errors
            error.message = visible_line(message)  # type: ignore[attr-defined]
        raise


app = typer.Typer(
    name="vermeil",
    cls=EscapingGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: vermeil demo, or: vermeil init",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_line(f"vermeil {__version__}")
        raise typer.Exit


@app.callback()
def vermeil(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Turn an LLM's annotations and a few of your own into a small, fast, private model."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and context.invoked_subcommand != "train":
        raise ConfigError(
            f"vermeil {context.invoked_subcommand} runs in one process; torchrun can start only "
            "vermeil train several times"
        )
    if context.invoked_subcommand != "serve":  # the service handles its signals itself
        handle_termination()


app.command("init", epilog=init.EXAMPLE)(init.init)
app.command("check", epilog=check.EXAMPLE)(check.check)
app.command("doctor", epilog=check.DOCTOR)(check.doctor)
app.add_typer(config.app, name="config", epilog=config.EXAMPLE)
app.add_typer(corpus.app, name="corpus", epilog=corpus.EXAMPLE)
app.add_typer(local.app, name="local", epilog=local.EXAMPLE)
app.command("pilot", epilog=pilot.EXAMPLE)(pilot.pilot)
app.add_typer(prompt.app, name="prompt", epilog=prompt.EXAMPLE)
app.command("optimize", epilog=optimize.EXAMPLE)(optimize.optimize)
app.command("rank", epilog=rank.EXAMPLE)(rank.rank)
app.command("annotate", epilog=annotate.EXAMPLE)(annotate.annotate)
app.add_typer(replies.app, name="replies", epilog=replies.EXAMPLE)
app.command("locate", epilog=locate.EXAMPLE)(locate.locate)
app.command("select", epilog=curation.SELECT)(curation.select)
app.command("refine", epilog=curation.REFINE)(curation.refine)
app.add_typer(review.app, name="review", epilog=review.EXAMPLE)
app.command("train", epilog=train.EXAMPLE)(train.train)
app.command("evaluate", epilog=evaluate.EXAMPLE)(evaluate.evaluate)
app.command("study", epilog=study.EXAMPLE)(study.study)
app.command("tune", epilog=tune.EXAMPLE)(tune.tune)
app.command("plan", epilog=plan.EXAMPLE)(plan.plan)
app.command("predict", epilog=predict.EXAMPLE)(predict.predict)
app.command("calibrate", epilog=calibrate.EXAMPLE)(calibrate.calibrate)
app.command("export", epilog=export.EXAMPLE)(export.export)
app.command("serve", epilog=serve.EXAMPLE)(serve.serve)
app.command("mcp", epilog=mcp.EXAMPLE)(mcp.mcp)
app.command("push", epilog=hub.PUSH_EXAMPLE)(hub.push)
app.command("pull", epilog=hub.PULL_EXAMPLE)(hub.pull)
app.command("run", epilog=run.EXAMPLE)(run.run)
app.command("show", epilog=show.EXAMPLE)(show.show)
app.command("replay", epilog=replay.EXAMPLE)(replay.replay)
app.command("demo", epilog=demo.EXAMPLE)(demo.demo)
