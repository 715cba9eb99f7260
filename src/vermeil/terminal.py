"""Consoles for people: markup in text is not interpreted, and control characters are visible."""

from __future__ import annotations

from typing import IO

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment

from vermeil.data.visible import visible


def make_console(
    *, file: IO[str] | None = None, stderr: bool = False, width: int | None = None
) -> Console:
    """Return a console that shows text as it is.

    Args:
        file: where it writes; None: standard output, or standard error.
        stderr: write to standard error.
        width: columns, for a console without colours; None: those of the terminal.
    """
    plain = width is not None
    console = Console(
        file=file,
        stderr=stderr,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        color_system=None if plain else "auto",
    )
    return make_safe(console)


def make_safe(console: Console) -> Console:
    """Make a console escape control characters in everything that it prints; return it."""
    console.push_render_hook(_EscapingHook())
    return console


class _EscapingHook(RenderHook):
    """Wraps everything that a console prints."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Return the wrapped renderables."""
        return [_Escaped(one) for one in renderables]


class _Escaped:
    """A renderable whose control characters are visible; styles stay.

    Args:
        renderable: the original.
    """

    def __init__(self, renderable: ConsoleRenderable) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible(segment.text), segment.style)
