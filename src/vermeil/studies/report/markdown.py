"""Parts of the report as Markdown: findings, and the tables of the page.

Labels, names and all other text are escaped: Markdown shows them unchanged, and no HTML is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vermeil.data.visible import escape_markdown, markdown_code
from vermeil.studies.format import VERDICT_NAMES
from vermeil.studies.report.page import BlockView, PageView
from vermeil.studies.report.sections.frontier import FrontierView
from vermeil.studies.report.sections.mechanism import MechanismView
from vermeil.studies.report.sections.refinement import RefinementView
from vermeil.studies.report.sections.silver_gain import SilverGainView
from vermeil.studies.results.statistics import Finding


def findings_parts(view: PageView) -> Iterator[str]:
    """Yield the findings: answers, statements, cautions."""
    found = view.findings
    for one in found.answers:
        yield f"**{_scoped(one)}**"
    statements = [one for of_scope in found.statements.values() for one in of_scope]
    if statements:
        yield "\n".join(f"- *{_kind_name(one)}*: {_scoped(one)}" for one in statements)
    if found.cautions:
        yield "Cautions:"
        yield "\n".join(f"- {_scoped(one)}" for one in found.cautions)


def block_parts(block: BlockView, heading: str = "##") -> Iterator[str]:
    """Yield the tables of one budget and size: scores, shares and exposure, errors."""
    yield f"{heading} {escape_markdown(block.scope or 'Scores')}"
    compared = bool(block.baseline)
    head = ["regimen", f"{block.score} F1", "dev F1"]
    head += [f"difference to {block.baseline}", "95 %", "p (Holm)", "verdict"] if compared else []
    rows = []
    for row in block.rows:
        comparison = [row.difference, row.range, row.p, row.verdict_text]
        rows.append([row.name, row.score, row.dev, *(comparison if compared else ())])
    yield table(head, rows)
    if block.schedules:
        yield table(
            ("regimen", "gold planned", "gold realised", "each gold example", "each silver"),
            [
                (
                    panel.name,
                    panel.spent.planned,
                    panel.spent.realised,
                    panel.spent.gold,
                    panel.spent.silver,
                )
                for panel in block.schedules
            ],
        )
    if block.errors:
        yield table(
            ("errors (mean)", "ends", "label", "both", "missing", "spurious"),
            [(row.name, *row.cells) for row in block.errors],
        )


def comparison_parts(view: PageView, heading: str = "##") -> Iterator[str]:
    """Yield the table of every comparison."""
    if view.comparisons:
        yield f"{heading} All comparisons"
        yield table(
            (
                "difference of",
                "scope",
                "points",
                "95 %",
                "by seed",
                "p bootstrap",
                "p random.",
                "ε",
                "verdict",
            ),
            [
                (
                    row.names,
                    row.scope,
                    row.difference,
                    row.range,
                    row.seeds,
                    row.bootstrap,
                    row.randomisation,
                    row.epsilon,
                    row.verdict_text,
                )
                for row in view.comparisons
            ],
        )


def mechanism_parts(view: MechanismView, heading: str = "##") -> Iterator[str]:
    """Yield sentences and tables of the observations of one block."""
    yield f"{heading} Training in detail{_of_scope(view)}"
    yield _list(view.sentences)
    if view.turns:
        yield "The turn is the step at which the gold share crosses one half for the last time."
        yield table(
            ("from the turn to the end", "turn at", "ends corrected", "label corrected",
             "both corrected", "missing found", "spurious gone", "right lost", "new spurious"),
            [(r.name, r.progress, *r.kinds, r.lost, r.new) for r in view.turns],
        )  # fmt: skip
    yield table(
        ("at the end", "dev F1 (sample)", "teacher’s errors repeated", "corrected", "loss, clean",
         "loss, wrong", "entropy", "overconfidence", "cos gold, silver", "cos gold, unseen",
         "cos silver, unseen"),
        [
            (r.name, r.f1, r.repeated, r.corrected, *r.losses, *r.sharpness,
             *r.cosines)
            for r in view.ends
        ],
    )  # fmt: skip


def silver_gain_parts(view: object) -> Iterator[str]:
    """Yield the gain of silver on gold in the cells of the regimen auto.

    Args:
        view: a `SilverGainView`; None if there is no such cell.
    """
    if not isinstance(view, SilverGainView):
        return
    yield "## Does silver help?"
    yield table(
        ("cell", "gold only", "gold and silver", "gain on gold [95 %]", "decision"),
        [(r.cell, r.gold_only, r.with_silver, r.gain, r.decision) for r in view.rows],
    )


def refinement_parts(view: RefinementView, heading: str = "##") -> Iterator[str]:
    """Yield the tables of the judging of silver in one block."""
    yield f"{heading} Judging of silver{_of_scope(view)}"
    yield table(
        ("F1 on gold, out of fold", "F1", *view.labels),
        [(row.name, row.f1, *row.labels) for row in view.scores],
    )
    for signal in view.signals:
        rows = [(row.name, *row.values) for row in signal.rows]
        yield table((signal.title, "AUROC", "AUARC", "ECE"), rows)


def frontier_parts(view: FrontierView | None, heading: str = "##") -> Iterator[str]:
    """Yield the cost frontier: purchase, sizes and spending."""
    if view is None:
        return
    yield f"{heading} How much gold and silver"
    yield _list([*view.answer, *view.sentences])
    yield table(
        ("gold", "silver", "F1 measured", "F1 fitted"),
        [(r.gold, r.silver, r.f1, r.fitted) for r in view.rows],
    )
    if view.spending:
        yield table(
            ("money", "gold", "silver", "F1 expected", "95 %"),
            [(r.cost, r.gold, r.silver, r.f1, r.range) for r in view.spending],
        )


def settings_parts(view: PageView) -> Iterator[str]:
    """Yield the tables of environment and configuration."""
    settings = {"environment": view.environment, "configuration": view.configuration}
    for title, values in settings.items():
        if values:
            yield f"## {title.capitalize()}"
            rows = [(_Markdown(markdown_code(name)), value) for name, value in values]
            yield table(("key", "value"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; text in its cells is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)


class _Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def _cell(value: str) -> str:
    return value if isinstance(value, _Markdown) else escape_markdown(value)


def _list(texts: Iterable[str]) -> str:
    return "\n".join(f"- {escape_markdown(text)}" for text in texts)


def _of_scope(view: MechanismView | RefinementView) -> str:
    return f": {escape_markdown(view.scope)}" if view.scope else ""


def _kind_name(finding: Finding) -> str:
    return VERDICT_NAMES.get(finding.kind, finding.kind)


def _scoped(finding: Finding) -> str:
    return escape_markdown(f"{finding.scope}: {finding.text}" if finding.scope else finding.text)
