"""Layout of the report: the table of its sections, for the page and for Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from vermeil.data.visible import escape_markdown
from vermeil.studies.report.markdown import (
    block_parts,
    comparison_parts,
    findings_parts,
    frontier_parts,
    mechanism_parts,
    refinement_parts,
    settings_parts,
    silver_gain_parts,
)
from vermeil.studies.report.page import PageView, page_view
from vermeil.studies.report.sections.silver_gain import silver_gain_view
from vermeil.studies.report.sections.sizes import size_views
from vermeil.studies.results.study import StudyResults

TITLE = "Which blend of gold and silver?"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the table of contents.

    Args:
        anchor: id of an element of the page.
        title: text of the entry.
    """

    anchor: str
    title: str


def _no_parts(_: PageView) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A section of the report.

    Args:
        template: its HTML, a file in ``templates/``. It is empty if there is nothing to show.
        contents: returns its entries in the table of contents.
        markdown: returns its parts of the Markdown report.
        view: returns the section's own view of the results, as texts and finished charts. The
            template has it under the name of the section, and `PageView.own` holds it. None: the
            section shows other fields of `PageView`.
    """

    template: str
    contents: Callable[[PageView], Iterable[Link]]
    markdown: Callable[[PageView], Iterable[str]] = _no_parts
    view: Callable[[StudyResults], object] | None = None


def _link(
    anchor: str, title: str, is_shown: Callable[[PageView], object]
) -> Callable[[PageView], Iterable[Link]]:
    return lambda page: [Link(anchor, title)] if is_shown(page) else []


def _score_links(page: PageView) -> Iterator[Link]:
    if not page.blocks:
        return
    first = page.blocks[0]
    yield Link("scores", "Scores")
    if first.types:
        yield Link("types", "Types")
    if first.schedules:
        yield Link("schedules", "Schedules")
    if first.losses or first.dev_curves:
        yield Link("curves", "Learning curves")


def _score_parts(page: PageView) -> Iterator[str]:
    for block in page.blocks:
        yield from block_parts(block)
    yield from comparison_parts(page)


SECTIONS: dict[str, ReportSection] = {
    "answer": ReportSection(
        "answer.html.j2", _link("answer", "Answer", lambda _: True), findings_parts
    ),
    "frontier": ReportSection(
        "frontier.html.j2",
        _link("frontier", "How much", lambda page: page.frontier),
        lambda page: frontier_parts(page.frontier),
    ),
    "sizes": ReportSection(
        "sizes.html.j2",
        _link("sizes", "F1 over data", lambda page: page.own.get("sizes")),
        view=size_views,
    ),
    "blocks": ReportSection("blocks.html.j2", _score_links, _score_parts),
    "mechanism": ReportSection(
        "mechanism.html.j2",
        _link("mechanism", "Training in detail", lambda page: page.mechanism),
        lambda page: (part for one in page.mechanism for part in mechanism_parts(one)),
    ),
    "silver_gain": ReportSection(
        "silver_gain.html.j2",
        _link("silver_gain", "Gain of silver", lambda page: page.own.get("silver_gain")),
        lambda page: silver_gain_parts(page.own.get("silver_gain")),
        silver_gain_view,
    ),
    "refinement": ReportSection(
        "refinement.html.j2",
        _link("refinement", "Silver", lambda page: page.refinement),
        lambda page: (part for one in page.refinement for part in refinement_parts(one)),
    ),
    "teacher": ReportSection(
        "teacher.html.j2", _link("teacher", "Teacher", lambda page: page.teacher)
    ),
    "examples": ReportSection(
        "examples.html.j2", _link("examples", "Examples", lambda page: page.examples)
    ),
    "record": ReportSection(
        "record.html.j2", _link("record", "Record", lambda _: True), settings_parts
    ),
}
"""Every section of the report by its name, in order."""


def report_view(results: StudyResults) -> PageView:
    """Return the report as texts and finished charts, with the own views of its sections.

    Args:
        results: the results of a study; every part except ``cells`` can be empty.
    """
    own = {name: part.view(results) for name, part in SECTIONS.items() if part.view is not None}
    return replace(page_view(results), own=own)


def report_links(page: PageView) -> list[Link]:
    """Return the table of contents."""
    return [link for section in SECTIONS.values() for link in section.contents(page)]


def report_markdown(results: StudyResults) -> str:
    """Return the report as Markdown, without charts and examples.

    Args:
        results: the results of a study; every part except ``cells`` can be empty.
    """
    return markdown_of(report_view(results))


def markdown_of(page: PageView) -> str:
    """Return a report as Markdown."""
    parts = [part for section in SECTIONS.values() for part in section.markdown(page)]
    head = f"# {TITLE}\n\n{escape_markdown(page.subtitle)}"
    return "\n\n".join([head, *parts]) + "\n"
