"""Consoles that show text as it is."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from vermeil.terminal import make_console, make_safe

HOSTILE = "a\x1b[2Jb\x9bmc\u202ed [red]e[/red] :smile:"
SHOWN = r"a\x1b[2Jb\x9bmc\u202ed [red]e[/red] :smile:"


def in_table(text: str) -> Table:
    table = Table(text, title=text)
    table.add_row(text)
    return table


@pytest.mark.parametrize(
    "renderable", [HOSTILE, Text(HOSTILE), in_table(HOSTILE), Panel(HOSTILE, title=HOSTILE)]
)
def test_markup_emoji_and_control_characters_are_shown(renderable: RenderableType) -> None:
    written = io.StringIO()
    make_console(file=written, width=200).print(renderable)
    assert SHOWN in written.getvalue()
    assert "\x1b" not in written.getvalue()


def test_styles_stay_on_a_terminal() -> None:
    written = io.StringIO()
    console = make_safe(Console(file=written, force_terminal=True, color_system="standard"))
    console.print(Text(f"{HOSTILE}", "red"))
    assert written.getvalue().startswith("\x1b[31m")
    assert written.getvalue().count("\x1b") == 2
