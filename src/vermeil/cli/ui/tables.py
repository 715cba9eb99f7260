"""Tables for terminals of any width: one that is too wide is split into tables that fit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from vermeil.data.visible import visible_line

_GAP = 2
"""Columns between two columns of a table."""


class FittingTable:
    """A table that is split between columns where the terminal is too narrow for it.

    The first column is repeated in each part. If it is wide, its cells are listed once, with
    numbers that stand for them. If several columns are words, each row becomes a paragraph.

    Args:
        columns: headings.
        rows: cells as text.
        words: columns that are aligned at the left, beside the first one.
    """

    def __init__(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], words: Collection[str]
    ) -> None:
        self._columns = [visible_line(name) for name in columns]
        self._rows = [[visible_line(cell) for cell in row] for row in rows]
        self._left = [i == 0 or name in words for i, name in enumerate(columns)]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._parts(options.max_width)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(20, min(self._width(range(len(self._columns))), options.max_width))

    def _parts(self, width: int) -> Iterator[RenderableType]:
        everything = range(len(self._columns))
        if len(self._columns) <= 2 or self._width(everything) <= width:
            yield self._table(everything)
        elif sum(self._left) > 2:
            yield from (self._paragraph(row) for row in self._rows)
        else:
            yield from self._split(width)

    def _split(self, width: int) -> Iterator[RenderableType]:
        keys = None
        if self._widths()[0] > width // 4:
            keys = [str(number) for number in range(1, len(self._rows) + 1)]
            for key, row in zip(keys, self._rows, strict=True):
                yield Text(f"{key:>{len(keys[-1])}}  {row[0]}")
        widths = self._widths()
        room = width - (len(keys[-1]) if keys else widths[0]) - _GAP
        group: list[int] = []
        for i in range(1, len(self._columns)):
            if group and sum(widths[k] + _GAP for k in (*group, i)) > room:
                yield self._table([0, *group], keys)
                group = []
            group.append(i)
        yield self._table([0, *group], keys)

    def _widths(self) -> list[int]:
        return [
            max(Text(cell).cell_len for cell in (name, *(row[i] for row in self._rows)))
            for i, name in enumerate(self._columns)
        ]

    def _width(self, chosen: Sequence[int]) -> int:
        widths = self._widths()
        return sum(widths[i] + _GAP for i in chosen)

    def _table(self, chosen: Sequence[int], keys: Sequence[str] | None = None) -> Table:
        result = Table(box=None, header_style="dim", show_header=any(self._columns))
        for i in chosen:
            # Long values continue on the next line: a path that is cut off is of no use.
            result.add_column(
                Text("" if keys and i == 0 else self._columns[i]),
                justify="left" if self._left[i] else "right",
                overflow="fold",
            )
        for number, row in enumerate(self._rows):
            cells = [keys[number] if keys and i == 0 else row[i] for i in chosen]
            result.add_row(*(Text(cell) for cell in cells))
        return result

    def _paragraph(self, row: Sequence[str]) -> RenderableType:
        """Return a row as one paragraph: first cell, then name and value of the others."""
        line = Table.grid(padding=(0, 1))
        line.add_column(overflow="fold")
        named = (
            f"{name} {cell}"
            for name, cell in zip(self._columns[1:], row[1:], strict=True)
            if cell not in ("", "–")
        )
        line.add_row(Text(f"{row[0]}: " + " · ".join(named)))
        return line
