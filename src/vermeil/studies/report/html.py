"""The report page: one HTML file without scripts or external resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from vermeil.data.atomic import atomic_file
from vermeil.studies.report.markdown import report_markdown
from vermeil.studies.report.page import page_view

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters, lone surrogates and non-characters, which are not allowed in XML."""


def write_report(results: Mapping[str, Any], path: Path) -> None:
    """Write the report as HTML and as Markdown; each file is written completely or not at all.

    Args:
        results: contents of ``results.json``; every part except ``cells`` can be absent or empty.
        path: the HTML file; the Markdown file has the same name with the suffix ``.md``.

    Raises:
        DataError: the file cannot be written.
    """
    page = render(results)
    with atomic_file(path) as file:
        file.write(page)
    with atomic_file(path.with_suffix(".md")) as file:
        file.write(report_markdown(_printable(results)))


def render(results: Mapping[str, Any]) -> str:
    """Return the page as HTML that is also well-formed XML."""
    return _template().render(page_view(_printable(results)))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("vermeil.studies.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _printable(value: Any) -> Any:
    """Return the same values with � for every character that XML does not allow."""
    if isinstance(value, str):
        return _UNPRINTABLE.sub("�", value)
    if isinstance(value, Mapping):
        return {_printable(key): _printable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(inner) for inner in value]
    return value
