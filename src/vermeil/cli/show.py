"""``vermeil show DOC_ID``: show one document at every stage."""

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
    from vermeil.pipeline.show_report import ParsedAttempt, ShowReport

EXAMPLE = "Example: vermeil show news-001.02"


def show(
    document_id: Annotated[str, typer.Argument(metavar="DOC_ID", help="Id of the document.")],
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Show one document: gold, prompt, replies, mentions, silver and predictions."""
    sections = load(config, overrides)
    from vermeil.pipeline.show import show as job

    report = job(sections, document_id)
    if as_json:
        print_json(report.as_dict())
        return
    from rich.text import Text

    from vermeil.data.visible import visible

    out = console()
    for part in _parts(report, tuple(sections.task.labels)):
        text = Text(visible(part)) if isinstance(part, str) else part
        out.print(text, soft_wrap=isinstance(text, Text))


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
    """Yield a line per correction, with the probability of the teacher's label."""
    for change in document.meta.get("changes", ()):
        surface = document.text[change["start"] : change["end"]]
        was, now = (change[key] or "nothing" for key in ("was", "is"))
        probability = change.get("probability", change.get("chance"))  # the latter: before 0.2
        yield f"  {surface!r}: {was} → {now} (teacher's label: p = {probability:.3f})"
    for change in document.meta.get("relation_changes", ()):
        head, tail = (document.text[slice(*change[end])] for end in ("head", "tail"))
        was, now = (change[key] or "nothing" for key in ("was", "is"))
        probability = f"teacher's label: p = {change['probability']:.3f}"
        yield f"  {head!r}, {tail!r}: {was} → {now} ({probability})"


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
    """Return the table of mentions; occurrences that were not accepted are in brackets."""
    from vermeil.cli.ui.output import table

    columns = ("mention", "label", "status", "tier", "distance", "occurrences", "range", "text")
    rows = []
    for one in mentions:
        accepted = one.accepted
        ranges = accepted or one.occurrences
        where = ", ".join(f"{start}–{end}" for start, end in ranges)
        found = ", ".join(dict.fromkeys(text[start:end] for start, end in ranges))
        if not accepted and where:
            where, found = f"({where})", f"({found})"
        rows.append(
            (
                one.mention.surface,
                one.mention.label,
                one.status.value,
                one.tier.value if one.tier else "–",
                one.distance,
                one.occurrence_count,
                where or "–",
                found or "–",
            )
        )
    return table("", columns, rows, ("label", "status", "tier", "range", "text"))
