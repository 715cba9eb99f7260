"""Charts of the report as files: SVG, and PDF if the extra ``figures`` is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from vermeil.data.atomic import atomic_folder
from vermeil.data.visible import visible
from vermeil.optional import is_installed
from vermeil.studies.report.layout import report_view
from vermeil.studies.report.page import BlockView, PageView
from vermeil.studies.report.sections.sizes import size_views
from vermeil.studies.results.study import StudyResults

FIGURES = "figures"
"""Name of the folder in a study's folder, and kind of its record."""
PDF_MODULE = "typst"
"""Module that converts SVG to PDF."""
_NO_XML = re.compile("[\ufffe\uffff]")
"""Characters that XML does not allow, in addition to control characters."""
_TEMPLATES = files("vermeil.studies.report") / "templates"


def write_figures(results: StudyResults, folder: Path) -> list[Path]:
    """Write every chart of the report into ``folder``; return the files.

    A chart is an SVG file with its own style sheet. If typst (extra ``figures``) is installed,
    the same chart is also written as PDF with embedded fonts. An earlier set of figures is
    replaced.

    Args:
        results: the results of a study.
        folder: the folder of the figures.

    Raises:
        DataError: the folder cannot be written, or holds other files.
    """
    figures = dict(named_figures(results))
    if not figures:
        return []
    with atomic_folder(folder, FIGURES) as partial:
        for name, chart in figures.items():
            path = partial / f"{name}.svg"
            path.write_text(standalone(chart), "utf-8")
            if is_installed(PDF_MODULE):
                write_pdf(path, path.with_suffix(".pdf"))
        names = sorted(path.name for path in partial.iterdir())
    return [folder / name for name in names]


def write_pdf(svg: Path, pdf: Path) -> None:
    """Convert an SVG file to a PDF of one page with the size of the drawing."""
    import typst

    source = (
        "#set document(date: none)\n"
        "#set page(width: auto, height: auto, margin: 0pt, fill: none)\n"
        f'#image("{svg.name}")\n'
    )
    document = svg.with_suffix(".typ")
    document.write_text(source, "utf-8")
    typst.compile(document, output=pdf, root=svg.parent, format="pdf")
    document.unlink()


def named_figures(results: StudyResults) -> Iterator[tuple[str, Markup]]:
    """Yield the file name without ending, and the SVG element, of each chart."""
    page = report_view(results)
    seen: dict[str, int] = {}
    for name, chart in _charts(page, results):
        key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        seen[key] = seen.get(key, 0) + 1
        yield (key if seen[key] == 1 else f"{key}-{seen[key]}"), chart


def standalone(chart: Markup) -> str:
    """Return an SVG element of the page as a complete SVG file in the light colours.

    Control characters of names become escapes, because XML does not allow them.
    """
    found = re.match(r'<svg viewBox="0 0 (\S+) (\S+)"', chart)
    if found is None:
        raise ValueError("not a chart of the report")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{found[1]}" height="{found[2]}"'
        f"{chart[len('<svg') : chart.index('>')]}>"
    )
    style = f"<style>{chart_style()}</style>"
    whole = f"{head}{style}{chart[chart.index('>') + 1 :]}\n"
    return _NO_XML.sub("\ufffd", visible(whole))


@cache
def chart_style() -> str:
    """Return the style sheet of the charts with the light colours in place of variables."""
    palette = (_TEMPLATES / "palette.css").read_text("utf-8").partition("@media")[0]
    colours = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]+);", palette))
    sheet = (_TEMPLATES / "charts.css").read_text("utf-8")
    rules = re.sub(r"var\((--[a-z-]+)\)", lambda name: colours[name[1]], sheet)
    font = '.chart { font-family: "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }'
    return "\n".join(line for line in [*rules.splitlines(), font] if ".panels" not in line)


def _charts(page: PageView, results: StudyResults) -> Iterator[tuple[str, Markup]]:
    if page.frontier is not None:
        yield "frontier sizes", page.frontier.plane
        if page.frontier.line is not None:
            yield "frontier cost", page.frontier.line
    for view in size_views(results):
        for panel in view.panels:
            yield f"f1 over {view.axis} {view.budget} {panel.name}", panel.chart
    for block in page.blocks:
        yield from _block_charts(block)


def _block_charts(block: BlockView) -> Iterator[tuple[str, Markup]]:
    for name, chart in (("scores", block.scores), ("differences", block.differences)):
        if chart is not None:
            yield f"{name} {block.scope}", chart
    for one in block.types:
        yield f"type {one.label} {block.scope}", one.chart
    for schedule in block.schedules:
        yield f"gold share {schedule.name} {block.scope}", schedule.chart
    for title, panels in (("loss", block.losses), ("dev f1", block.dev_curves)):
        for panel in panels:
            yield f"{title} {panel.name} {block.scope}", panel.chart
