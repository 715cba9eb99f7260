"""Tables of the demo about both teachers: scores of the blends, and the blend that suits each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vermeil.blending.advice import BlendAdvice
from vermeil.demo.annotating import WEAK
from vermeil.demo.console import DemoConsole
from vermeil.demo.full_run import DemoScores, RegimenScore
from vermeil.studies.cells.regimens import split_prompt
from vermeil.studies.format import VERDICT_NAMES, f1, number, plural, points, regimen_name

TEACHERS = {"": "strong", WEAK: "weak"}
"""Name of a teacher in a regimen to its name in the table."""

Advices = Mapping[str, BlendAdvice]
"""Advice by the teacher's name in a regimen."""

_MARKS = {"significant": "✓", "suggestive": "(✓)", "not_significant": "≈"}


def show_blends(
    console: DemoConsole, here: DemoScores, full: DemoScores | None, advices: Advices
) -> None:
    """Print the scores of this run beside those of the full run, and the advice per teacher."""
    title = (
        f"Test F1 with {number(here.gold_documents)} gold sentences; here: "
        f"{number(here.wordpieces)} wordpieces, {plural(here.seeds, 'seed')}"
    )
    columns = ["teacher: regimen", "F1 here", "to gold only"]
    if full is not None:
        title += f"; full: {number(full.wordpieces)}, {plural(full.seeds, 'seed')}"
        columns += ["F1 full", "to gold only"]
    more = () if full is None else tuple(o for o in full.scores if here.of(o.regimen) is None)
    rows = [_row(one, here, full) for one in _in_order((*here.scores, *more))]
    console.number_table(title, columns, rows)
    legend = " · ".join(f"{mark} {VERDICT_NAMES[name]}" for name, mark in _MARKS.items())
    console.paragraph(f"{legend} · points of F1, 95 % interval")
    if full is not None:
        processor, cores = (full.environment.get(name, "") for name in ("processor", "cores"))
        console.paragraph(
            f"Here: on this machine, now. Full: all regimens, recorded earlier ({processor}, "
            f"{cores} cores), for comparison."
        )
    show_advice(console, advices)


def show_advice(console: DemoConsole, advices: Advices) -> None:
    """Print which blend suits which teacher, from the rules of `vermeil.blending.advice`."""
    if advices:
        console.paragraph("The blend that suits a teacher, from studies on CoNLL-2003:")
    for teacher, advice in advices.items():
        rule = advice.rules[0]
        suits = f" {regimen_name(rule.regimen)} suits it better." if rule.risky else ""
        console.paragraph(
            f"{TEACHERS[teacher].capitalize()} teacher (F1 {f1(advice.f1)}): {rule.text}{suits}"
        )


def _in_order(scores: Iterable[RegimenScore]) -> list[RegimenScore]:
    """Return gold only first, then the blends by teacher."""
    teachers = list(TEACHERS)
    return sorted(scores, key=lambda one: (one.difference is not None, teachers.index(one.teacher)))


def _row(one: RegimenScore, here: DemoScores, full: DemoScores | None) -> tuple[str, ...]:
    name = regimen_name(split_prompt(one.regimen)[0])
    if one.regimen != "gold_only":
        name = f"{TEACHERS[one.teacher]}: {name}"
    own = here.of(one.regimen)
    row = (name, "–", "–") if own is None else (name, f1(own.f1), _difference(own, interval=True))
    if full is None:
        return row
    other = full.of(one.regimen)
    return (*row, "–", "–") if other is None else (*row, f1(other.f1), _difference(other))


def _difference(one: RegimenScore, *, interval: bool = False) -> str:
    if one.difference is None or one.low is None or one.high is None:
        return "–"
    low, high = points(one.low, signed=True), points(one.high, signed=True)
    shown = f" [{low}, {high}]" if interval else ""
    return f"{points(one.difference, signed=True)}{shown} {_MARKS[one.verdict]}"
