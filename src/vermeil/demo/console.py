"""Output of the demo on a terminal or into a file: headings, paragraphs, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from vermeil.data.document import Document
from vermeil.data.text_pieces import text_pieces
from vermeil.data.visible import visible, visible_line
from vermeil.terminal import make_safe

_MAX_WIDTH = 96
_STYLES = ("black on bright_cyan", "black on bright_green", "black on bright_yellow")
_OTHER_STYLE = "black on bright_magenta"


class DemoConsole:
    """Console of the demo.

    Args:
        console: the underlying console; colours are used on a terminal only.
    """

    def __init__(self, console: Console) -> None:
        self._console, self._width = make_safe(console), min(console.width, _MAX_WIDTH)

    def title(self, title: str, text: str) -> None:
        """Print the title and an introduction in a box."""
        self._print(Panel(Text(text), title=title, title_align="left", padding=(0, 1)))

    def heading(self, text: str) -> None:
        """Print a heading."""
        self._console.print()
        self._print(Rule(Text(text, style="bold"), align="left"))

    def paragraph(self, text: str) -> None:
        """Print a paragraph."""
        self._print(Padding(Text(text), (0, 1)))

    def show(self, renderable: RenderableType) -> None:
        """Print a table or another renderable."""
        self._print(Padding(renderable, (1, 0)))

    def number_table(
        self, title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]
    ) -> None:
        """Print a table with words in the first column and numbers in the others."""
        table = Table(
            title=Text(title),
            title_justify="left",
            title_style="bold",
            box=None,
            header_style="dim",
        )
        for position, name in enumerate(columns):
            table.add_column(Text(name), justify="right" if position else "left")
        for row in rows:
            table.add_row(*(Text(f"{v:,}" if isinstance(v, int) else str(v)) for v in row))
        self.show(table)

    def tagged(self, documents: Iterable[Document], labels: tuple[str, ...]) -> None:
        """Print texts with their spans highlighted."""
        for document in documents:
            self._print(Padding(mark_spans(document, labels), (1, 1, 0, 1)))

    def paths(self, paths: Mapping[str, Path]) -> None:
        """Print names and paths, one per line without line breaks, so that they can be copied."""
        widest = max(map(len, paths))
        for name, path in paths.items():
            self._console.print(Text(f" {name:{widest}}  {path}"), soft_wrap=True)

    def commands(self, commands: Iterable[str]) -> None:
        """Print commands, one per line without line breaks, so that they can be copied."""
        for command in commands:
            self._console.print(Text(f"   {command}", style="bold"), soft_wrap=True)

    def _print(self, renderable: RenderableType) -> None:
        self._console.print(renderable, width=self._width)


def mark_spans(document: Document, labels: tuple[str, ...]) -> Text:
    """Return the text with every span in brackets, coloured, with its label and score."""
    text = Text()
    for piece in text_pieces(document)[0]:
        if piece.label is None:
            text.append(visible(piece.text))
            continue
        index = labels.index(piece.label) if piece.label in labels else len(_STYLES)
        style = _STYLES[index] if index < len(_STYLES) else _OTHER_STYLE
        score = "" if piece.score is None else f" {piece.score:.2f}"
        text.append(f"[{visible(piece.text)}", style=style)
        text.append(f" {visible_line(piece.label)}{score}]", style=f"bold {style}")
    return text
