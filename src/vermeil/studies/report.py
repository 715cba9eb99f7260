"""The study's page: one HTML file that needs neither network nor scripts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from vermeil.data.atomic import atomic_file
from vermeil.studies.view import page_view

_KEPT = "\t\n"


def write_report(results: Mapping[str, Any], path: Path) -> None:
    """Write the page of a study, whole or not at all.

    Args:
        results: what ``results.json`` holds; every part but ``cells`` may be absent or empty.
        path: the HTML file.

    Raises:
        DataError: the file cannot be written.
    """
    page = render(results)
    with atomic_file(path) as file:
        file.write(page)


def render(results: Mapping[str, Any]) -> str:
    """Return the page as text: HTML that is well-formed XML, too."""
    environment = Environment(
        loader=PackageLoader("vermeil.studies"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    return template.render(page_view(_printable(results)))


def _printable(value: Any) -> Any:
    """Replace characters that no page may hold (control characters, lone surrogates) by �."""
    if isinstance(value, str):
        return "".join(_character(c) for c in value)
    if isinstance(value, Mapping):
        return {_printable(key): _printable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(inner) for inner in value]
    return value


def _character(character: str) -> str:
    code = ord(character)
    forbidden = (
        (code < 0x20 and character not in _KEPT)
        or 0x7F <= code < 0xA0
        or 0xD800 <= code < 0xE000
        or code in (0xFFFE, 0xFFFF)
    )
    return "�" if forbidden else character
