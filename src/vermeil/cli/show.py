"""``vermeil show DOC_ID``: one document through every stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import console, print_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from vermeil.data.document import Document
    from vermeil.data.mention import LocatedMention
    from vermeil.pipeline.show import ParsedAttempt, ShowReport

EXAMPLE = "Example: vermeil show news-001.02"


def show(
    document_id: Annotated[str, typer.Argument(metavar="DOC_ID", help="Id of the document.")],
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Show one document: gold, prompt, replies, mentions, silver and what the student says."""
    sections = load(config, overrides)
    from vermeil.pipeline.show import show as job

    report = job(sections, document_id)
    if as_json:
        print_json(report.as_dict())
        return
    from rich.text import Text

    out = console()
    for part in _parts(report, tuple(sections.task.labels)):
        out.print(part, markup=False, soft_wrap=isinstance(part, str | Text))


def _parts(report: ShowReport, labels: tuple[str, ...]) -> Iterator[RenderableType]:
    from vermeil.cli.ui.highlight import heading, highlighted

    yield heading(f"document {report.document.id} (in {', '.join(report.sources)})")
    yield highlighted(report.document, labels)
    for message in report.messages:
        yield heading(f"prompt, {message['role']}")
        yield message["content"]
    for shown in report.attempts:
        yield from _attempt(shown, report.document, labels)
    found = {"silver": report.silver, "refined": report.refined, "student": report.predicted}
    for name, document in found.items():
        if document is not None:
            yield heading(name)
            yield highlighted(document, labels)
            yield from _changes(document)


def _changes(document: Document) -> Iterator[str]:
    """Say what was corrected, and how probable it was that the teacher was right."""
    for change in document.meta.get("changes", ()):
        surface = document.text[change["start"] : change["end"]]
        was, now = (change[key] or "nothing" for key in ("was", "is"))
        yield f"  {surface!r}: {was} → {now} (the teacher was right: {change['chance']:.3f})"


def _attempt(
    shown: ParsedAttempt, document: Document, labels: tuple[str, ...]
) -> Iterator[RenderableType]:
    from vermeil.cli.ui.highlight import heading, highlighted

    attempt, reading = shown.attempt, shown.reading
    name = f"{attempt.model}, prompt {attempt.prompt}, sample {attempt.sample}"
    yield heading(f"reply of {name}, attempt {attempt.number}")
    if attempt.reply is None or reading is None:
        yield f"no reply: {attempt.error}"
        return
    yield attempt.reply.text
    yield f"→ {reading.state.value}" + (f": {reading.problem}" if reading.problem else "")
    if reading.mentions:
        yield _mentions(reading.mentions, document.text)
        yield highlighted(document.with_annotation(reading.annotation), labels)


def _mentions(mentions: Iterable[LocatedMention], text: str) -> RenderableType:
    """Every mention with what became of it; a place that it was refused stands in brackets."""
    from vermeil.cli.ui.output import table

    columns = ("mention", "label", "status", "tier", "distance", "candidates", "where", "there")
    rows = []
    for one in mentions:
        taken = [(span.start, span.end) for span in one.spans]
        where = ", ".join(f"{start}–{end}" for start, end in taken or one.occurrences)
        there = ", ".join(dict.fromkeys(text[slice(*place)] for place in taken or one.occurrences))
        if not taken and where:
            where, there = f"({where})", f"({there})"
        rows.append(
            (
                one.mention.surface,
                one.mention.label,
                one.status.value,
                one.tier.value if one.tier else "–",
                one.distance,
                one.occurrence_count,
                where or "–",
                there or "–",
            )
        )
    return table("", columns, rows, ("label", "status", "tier", "where", "there"))
