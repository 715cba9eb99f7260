"""Control characters of texts, replies and messages on the terminal."""

from __future__ import annotations

import pytest
from rich.text import Text

from vermeil.cli import _print_error
from vermeil.cli.ui.highlight import highlighted
from vermeil.cli.ui.output import console, print_status, table
from vermeil.data.document import Annotation, Document, Span

HOSTILE = "\x1b[31mOrla\x1b[0m came \x9b2J."


@pytest.mark.parametrize(
    "part",
    [
        HOSTILE,
        Text(HOSTILE, style="bold"),
        table("title", ("word",), [(HOSTILE,)]),
        highlighted(
            Document("d", HOSTILE, annotation=Annotation(spans=(Span(5, 9, "PER"),))), ("PER",)
        ),
    ],
)
def test_no_control_character_of_a_text_reaches_the_terminal(part, capsys):
    console().print(part, markup=False)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "\\x1b[31m" in shown
    assert "Orla" in shown


def test_messages_and_errors_show_control_characters(capsys):
    print_status(f"document {HOSTILE}")
    _print_error(f"first\n{HOSTILE}", 3)
    shown = capsys.readouterr().err
    assert "\x1b" not in shown
    assert shown.count("\\x1b[31m") == 2
    assert shown.count("\n") == 4
