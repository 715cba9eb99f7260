"""Contents of the report page: a study's results as texts, formatted numbers and charts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from markupsafe import Markup

from vermeil.studies.format import (
    BUDGET_NAMES,
    REGIMEN_MEANINGS,
    VERDICT_NAMES,
    corrected_p,
    duration,
    f1,
    listing,
    number,
    p_value,
    plural,
    points,
    regimen_name,
    spread,
)
from vermeil.studies.report import charts
from vermeil.studies.report.block_panels import (
    BlockPanels,
    ConfusionView,
    CurvePanel,
    ErrorView,
    SchedulePanel,
    TypePanel,
    block_panels,
)
from vermeil.studies.report.findings import findings, scope_of
from vermeil.studies.report.sections.examples import ExampleView, example_views
from vermeil.studies.report.sections.frontier import FrontierView, frontier_view
from vermeil.studies.report.sections.mechanism import MechanismView, mechanism_views
from vermeil.studies.report.sections.record import (
    CellRow,
    CorpusTable,
    LeakView,
    NamedValues,
    record_view,
)
from vermeil.studies.report.sections.refinement import RefinementView, refinement_views
from vermeil.studies.report.sections.teacher import (
    TeacherView,
    agreement_sentences,
    teacher_view,
)
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.context import TeacherRow
from vermeil.studies.results.statistics import ComparisonRow, Finding, Spread, SummaryRow
from vermeil.studies.results.study import StudyResults
from vermeil.studies.results.values import Block
from vermeil.studies.statistics.compare import group_by_regimen, summarise
from vermeil.studies.statistics.unfinished import unfinished_learning


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure."""

    title: str
    value: str
    note: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class FindingsView:
    """Answers, statements by scope, and cautions."""

    answers: list[Finding] = field(default_factory=list)
    statements: dict[str, list[Finding]] = field(default_factory=dict)
    cautions: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimenRow:
    """One regimen in the table of scores, as texts; empty without a comparison."""

    name: str
    meaning: str
    is_ceiling: bool
    is_unfinished: bool
    score: str
    dev: str
    seeds: int
    steps: str
    wordpieces: str
    time: str
    difference: str = ""
    range: str = ""
    p: str = ""
    verdict: str = ""
    verdict_text: str = ""


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block (a budget and data sizes): table, plots, schedules and curves."""

    scope: str
    budget: str
    score: str
    baseline: str
    uneven_seeds: bool
    has_spans: bool
    has_dev: bool
    starts_at_zero: bool
    rows: list[RegimenRow]
    scores: Markup | None
    differences: Markup | None
    panels: BlockPanels

    @property
    def types(self) -> list[TypePanel]:
        """Scores by type."""
        return self.panels.types

    @property
    def errors(self) -> list[ErrorView]:
        """Mean numbers of errors."""
        return self.panels.errors

    @property
    def confusion(self) -> ConfusionView | None:
        """Confusion of the best regimen."""
        return self.panels.confusion

    @property
    def schedules(self) -> list[SchedulePanel]:
        """Gold share of each regimen."""
        return self.panels.schedules

    @property
    def losses(self) -> list[CurvePanel]:
        """Training losses."""
        return self.panels.losses

    @property
    def dev_curves(self) -> list[CurvePanel]:
        """F1 on dev over training."""
        return self.panels.dev_curves


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """One row of the table of all comparisons, as texts."""

    scope: str
    names: str
    difference: str
    range: str
    seeds: str
    bootstrap: str
    randomisation: str
    epsilon: str
    verdict: str
    verdict_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """The whole page as texts and finished charts; its fields are the names in the templates."""

    subtitle: str
    tiles: list[Tile]
    findings: FindingsView
    blocks: list[BlockView]
    mechanism: list[MechanismView]
    refinement: list[RefinementView]
    frontier: FrontierView | None
    teacher: list[TeacherView]
    agreement: list[str]
    comparisons: list[ComparisonView]
    examples: list[ExampleView]
    corpora: CorpusTable | None
    leaks: list[LeakView] | None
    environment: NamedValues
    configuration: NamedValues
    counted: NamedValues
    cells: list[CellRow]
    has_dev: bool
    own: Mapping[str, object] = field(default_factory=dict)
    """Own views of sections, by name (see `vermeil.studies.report.layout.SECTIONS`)."""


def page_view(results: StudyResults) -> PageView:
    """Return the whole page as texts and finished charts.

    Args:
        results: the results of a study; every part except ``cells`` can be empty.
    """
    known = results
    if not results.summary:
        known = replace(known, summary=tuple(summarise(results.cells)))
    if not results.unfinished:
        known = replace(known, unfinished=tuple(unfinished_learning(results.cells)))
    keys = list(dict.fromkeys(row.block for row in known.summary))
    scope = partial(scope_of, blocks=keys)
    blocks = [_block(key, scope(key), known) for key in keys]
    record = record_view(results)
    return PageView(
        subtitle=_subtitle(known),
        tiles=_tiles(blocks, results.teacher),
        findings=_findings(results.findings or findings(known)),
        blocks=blocks,
        mechanism=mechanism_views(results.mechanism, scope),
        refinement=refinement_views(results.cells, scope),
        frontier=frontier_view(results.frontier),
        teacher=[teacher_view(row) for row in results.teacher],
        agreement=agreement_sentences(results.agreement),
        comparisons=[_comparison(row, keys) for row in results.comparisons],
        examples=example_views(results.examples),
        corpora=record.corpora,
        leaks=record.leaks,
        environment=record.environment,
        configuration=record.configuration,
        counted=record.counted,
        cells=record.cells,
        has_dev=record.has_dev,
    )


def _subtitle(results: StudyResults) -> str:
    summary = results.summary
    if not summary:
        return "No cells were run."
    regimens = len({row.regimen for row in summary})
    parts = [
        f"{plural(regimens, 'regimen')} × {plural(max(len(r.seeds) for r in summary), 'seed')}"
    ]
    golds = listing([number(n) for n in sorted({row.gold_documents for row in summary})])
    silvers = max(row.silver_documents for row in summary)
    parts.append(f"{golds} gold and {number(silvers)} silver documents")
    tested = max((cell.test.documents for cell in results.cells if cell.test), default=0)
    groups = max((row.groups for row in results.comparisons), default=0)
    if tested:
        within = f" in {plural(groups, 'group')}" if groups else ""
        parts.append(f"tested on {plural(tested, 'document')}{within}")
    return " · ".join(parts)


def _tiles(blocks: Sequence[BlockView], teacher: Sequence[TeacherRow]) -> list[Tile]:
    """Return the key figures: best student, gain over the baseline, and teacher."""
    tiles: list[Tile] = []
    for block in blocks[:3]:
        best = next((row for row in block.rows if not row.is_ceiling), None)
        if best is None or best.score == "–":
            continue
        title = f"Best student{', ' + block.scope if block.scope else ''}"
        note = best.name + (", not finished learning" if best.is_unfinished else "")
        if best.difference and len(blocks) > 1:
            note += f": {best.difference} points over {block.baseline}, {best.verdict_text}"
        tiles.append(Tile(title, best.score, note))
        if best.difference and len(blocks) == 1:
            title = f"Gain over {block.baseline}"
            interval = f"95 % interval {best.range}: {best.verdict_text}"
            tiles.append(Tile(title, best.difference, interval, "points"))
    if teacher:
        best_prompt = max(teacher, key=lambda row: row.counts.overall.f1)
        prompt = best_prompt.prompt.replace("_", " ")
        value = f1(best_prompt.counts.overall.f1)
        tiles.append(Tile("Teacher", value, f"{prompt} prompt, against gold"))
    return tiles


def _findings(found: Sequence[Finding]) -> FindingsView:
    """Return the findings as answers, statements by scope, and cautions."""
    view = FindingsView()
    for one in found:
        finding = replace(one, text=_with_no_break_spaces(one.text))
        if finding.kind == "answer":
            view.answers.append(finding)
        elif finding.kind == "caution":
            view.cautions.append(finding)
        else:
            view.statements.setdefault(finding.scope, []).append(finding)
    return view


def _with_no_break_spaces(text: str) -> str:
    """Return the text with no-break spaces between numbers and their signs."""
    return re.sub(
        r" (?=%)| ?[±=<≤] ", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text
    )


def _block(key: Block, scope: str, results: StudyResults) -> BlockView:
    """Return one block (a budget and data sizes): table, plots, schedules and curves."""
    rows = [row for row in results.summary if row.block == key]
    against = [r for r in results.comparisons if r.block == key and r.family == "baseline"]
    unfinished = {row.regimen for row in results.unfinished if row.block == key}
    score = "test" if any(row.test for row in rows) else "dev"
    scored = sorted((row for row in rows if row.score(score)), key=lambda row: _rank(row, score))
    unscored = [row for row in rows if not row.score(score)]
    regimens = [row.regimen for row in scored]
    compared = [row for row in against if row.regimen != "ceiling"]
    contestants = [name for name in regimens if name != "ceiling"]
    members_of: dict[str, Sequence[CellResult]] = {
        name: members
        for (block, name), members in group_by_regimen(results.cells).items()
        if block == key
    }
    scores = [cell.score(score) for members in members_of.values() for cell in members]
    comparison = {row.regimen: row for row in against}
    return BlockView(
        scope=scope,
        budget=BUDGET_NAMES.get(key.budget, f"{key.budget} budget"),
        score=score,
        baseline=regimen_name(against[0].baseline) if against else "",
        uneven_seeds=len({len(row.seeds) for row in rows}) > 1,
        has_spans=any(one is not None and one.span_only is not None for one in scores),
        has_dev=score == "test" and any(row.dev for row in rows),
        starts_at_zero=bool(scored) and charts.score_chart_starts_at_zero(scored, score),
        rows=[
            _regimen_row(row, score, comparison.get(row.regimen), row.regimen in unfinished)
            for row in [*scored, *unscored]
        ],
        scores=charts.score_chart(scored, score) if scored else None,
        differences=charts.difference_chart(contestants, compared) if compared else None,
        panels=block_panels(regimens, members_of, score),
    )


def _rank(row: SummaryRow, score: str) -> tuple[bool, float]:
    found = row.score(score)
    return row.regimen == "ceiling", 0.0 if found is None else -found.mean


def _regimen_row(
    row: SummaryRow, score: str, comparison: ComparisonRow | None, is_unfinished: bool
) -> RegimenRow:
    view = RegimenRow(
        name=regimen_name(row.regimen),
        meaning=REGIMEN_MEANINGS.get(row.regimen, ""),
        is_ceiling=row.regimen == "ceiling",
        is_unfinished=is_unfinished,
        score=_spread(row.score(score)),
        dev=_spread(row.dev),
        seeds=len(row.seeds),
        steps=number(row.steps),
        wordpieces=number(row.wordpieces),
        time=duration(row.seconds),
    )
    if comparison is None:
        return view
    return replace(
        view,
        difference=points(comparison.difference, signed=True),
        range=_range(comparison),
        p=_without_prefix(corrected_p(comparison)),
        verdict=comparison.verdict,
        verdict_text=VERDICT_NAMES[comparison.verdict],
    )


def _spread(values: Spread | None) -> str:
    return "–" if values is None else spread(values.mean, values.sd)


def _range(row: ComparisonRow) -> str:
    return f"{points(row.low, signed=True)} to {points(row.high, signed=True)}"


def _comparison(row: ComparisonRow, keys: Sequence[Block]) -> ComparisonView:
    epsilon, second = row.epsilon_min, row.p_randomisation_holm
    return ComparisonView(
        scope=scope_of(row.block, keys),
        names=f"{regimen_name(row.regimen)} − {regimen_name(row.baseline)}",
        difference=points(row.difference, signed=True),
        range=_range(row),
        seeds=" ".join(points(value, signed=True) for value in row.per_seed),
        bootstrap=_without_prefix(corrected_p(row)),
        randomisation="–" if second is None else _without_prefix(p_value(second)),
        epsilon="–" if epsilon is None else f"{epsilon:.2f}",
        verdict=row.verdict,
        verdict_text=VERDICT_NAMES[row.verdict],
    )


def _without_prefix(p: str) -> str:
    return p.removeprefix("p = ").removeprefix("p ")
