"""The report page: one HTML file without scripts or external resources."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from vermeil.data.atomic import atomic_file
from vermeil.studies.report.layout import (
    SECTIONS,
    TITLE,
    markdown_of,
    report_links,
    report_view,
)
from vermeil.studies.report.page import PageView
from vermeil.studies.results.study import StudyResults

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters, lone surrogates and non-characters, which are not allowed in XML."""


def write_report(results: StudyResults, path: Path) -> None:
    """Write the report as HTML and as Markdown; each file is written completely or not at all.

    Args:
        results: the results of a study; every part except ``cells`` can be empty.
        path: the HTML file; the Markdown file has the same name with the suffix ``.md``.

    Raises:
        DataError: the file cannot be written.
    """
    view = report_view(results)
    page, text = _render(view), _printable(markdown_of(view))
    with atomic_file(path) as file:
        file.write(page)
    with atomic_file(path.with_suffix(".md")) as file:
        file.write(text)


def render(results: StudyResults) -> str:
    """Return the page as HTML that is also well-formed XML."""
    return _render(report_view(results))


def _render(view: PageView) -> str:
    parts = {part.name: getattr(view, part.name) for part in fields(view)} | dict(view.own)
    templates = [section.template for section in SECTIONS.values()]
    layout = {"title": TITLE, "links": report_links(view), "templates": templates}
    return _printable(_template().render(parts | layout))


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


def _printable(text: str) -> str:
    """Return the text with � for every character that XML does not allow."""
    return _UNPRINTABLE.sub("�", text)
