"""Tables of the benchmarks in the pages of docs/results: not a benchmark itself."""

from __future__ import annotations

from pathlib import Path

from vermeil.studies.format import p_value


def write_between(page: Path, begin: str, end: str, text: str) -> None:
    """Replace the part of a page between two marks.

    Args:
        page: a Markdown page that holds both marks once.
        begin: the mark before the part; it stays.
        end: the mark after the part; it stays.
        text: the new part, without blank lines at its ends.
    """
    before, rest = page.read_text("utf-8").split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", "utf-8")


def p_text(value: float) -> str:
    """Return a p-value for a column whose head is p: ``.004`` or ``< .001``."""
    return p_value(value).removeprefix("p ").removeprefix("= ")
