"""What the demo tells on the terminal, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from vermeil.data.document import Document

_STYLES = ("black on bright_cyan", "black on bright_green", "black on bright_yellow")
_OTHER_STYLE = "black on bright_magenta"


class Story:
    """Tells what happens, in few words, to a console.

    Args:
        console: where to; without colours off a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def title(self, title: str, words: str) -> None:
        """Open the story."""
        self._console.print(Panel(Text(words), title=title, title_align="left", padding=(0, 1)))

    def heading(self, words: str) -> None:
        """Begin a chapter."""
        self._console.print()
        self._console.print(Rule(f"[bold]{words}", align="left"))

    def say(self, words: str) -> None:
        """Tell something in a paragraph."""
        self._console.print(Padding(Text(words), (0, 1)))

    def show(self, thing: object) -> None:
        """Show a table or the like."""
        self._console.print(Padding(thing, (1, 0, 0, 0)))  # type: ignore[arg-type]

    def numbers(self, title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
        """Show a table whose first column is words and whose others are numbers."""
        table = Table(title=title, title_justify="left", title_style="bold", box=None)
        for position, name in enumerate(columns):
            table.add_column(name, justify="right" if position else "left", header_style="dim")
        for row in rows:
            table.add_row(*(f"{v:,}" if isinstance(v, int) else str(v) for v in row))
        self.show(table)

    def tagged(self, documents: Iterable[Document], labels: tuple[str, ...]) -> None:
        """Show texts with their spans marked."""
        for document in documents:
            self._console.print(Padding(mark_spans(document, labels), (1, 1, 0, 1)))

    def places(self, places: Mapping[str, Path]) -> None:
        """Say where things lie."""
        table = Table.grid(padding=(0, 2))
        for name, path in places.items():
            table.add_row(Text(f" {name}"), Text(str(path), style="bold", overflow="fold"))
        self.show(table)


def mark_spans(document: Document, labels: tuple[str, ...]) -> Text:
    """Return the text with every span in brackets, coloured, with its label and score."""
    text, end = Text(), 0
    for span in document.spans or ():
        text.append(document.text[end : span.start])
        place = labels.index(span.label) if span.label in labels else len(_STYLES)
        style = _STYLES[place] if place < len(_STYLES) else _OTHER_STYLE
        score = "" if span.score is None else f" {span.score:.2f}"
        text.append(f"[{document.text[span.start : span.end]}", style=style)
        text.append(f" {span.label}{score}]", style=f"bold {style}")
        end = span.end
    text.append(document.text[end:])
    return text
