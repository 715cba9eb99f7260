"""Write the tables of docs/results/auto.md from the finished cells.

    python benchmarks/auto/tabulate.py [--resamples 10000]

Reads docs/results/auto/*/study and, for CoNLL-2003, docs/results/teachers/grid/*/study (cells of
auto with the gold only and Simple Mix cells of the same size).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.tables import p_text, write_between

from vermeil.studies.finished_cells import read_study_cells
from vermeil.studies.format import f1, number, points
from vermeil.studies.report.markdown import table
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.statistics import ComparisonRow
from vermeil.studies.statistics.compare import compare

FOLDER = Path(__file__).parents[2] / "docs/results/auto"
GRID = FOLDER.parent / "teachers/grid"
PAGE = FOLDER.with_suffix(".md")
BEGIN, END = "<!-- tables: written by tabulate.py -->", "<!-- end of tables -->"
REGIMENS = ("gold_only", "simple_mix", "auto")
CONLL = {"uniner": "CoNLL-2003, UniNER", "chatgpt": "CoNLL-2003, ChatGPT"}
CONLL |= {"strong": "CoNLL-2003, LLM of 2026"}
NAMES = {
    "newswire": "sample corpus, large language model",
    "newswire-local": "sample corpus, local model (1.5B)",
    "conll04": "CoNLL04, large language model",
    "finer": "FiNER-ORD, GPT-4",
    "wnut": "WNUT-17, noise",
    **CONLL,
}

Settings = Mapping[tuple[str, int], list[CellResult]]


def read_cells(names: Iterable[str]) -> Iterator[tuple[str, int, list[CellResult]]]:
    """Yield set or teacher, number of gold sentences, and cells, with those of gold only."""
    for folder in sorted([*FOLDER.glob("*-*/study"), *GRID.glob("*-*/study")]):
        name, _, gold = folder.parent.name.rpartition("-")
        if name in names:
            cells = read_study_cells(folder)
            if folder.is_relative_to(GRID):
                cells += read_study_cells(GRID / f"gold-{gold}" / "study")
            yield name, int(gold), cells


def read_settings() -> Settings:
    """Return the cells of each set and number of gold sentences that has cells of auto."""
    found: dict[tuple[str, int], list[CellResult]] = {}
    for name, gold, cells in read_cells(NAMES):
        kept = list(_current(cells))
        if {cell.regimen for cell in kept} == set(REGIMENS):
            seeds = [{c.seed for c in kept if c.regimen == regimen} for regimen in REGIMENS]
            shared = set.intersection(*seeds)
            found[name, gold] = [cell for cell in kept if cell.seed in shared]
    return found


def _current(cells: Iterable[CellResult]) -> Iterator[CellResult]:
    for cell in cells:
        measured = cell.regimen != "auto" or cell.silver_gain is not None
        if cell.regimen in REGIMENS and measured and cell.test is not None:
            yield cell


def in_blocks(settings: Settings) -> list[CellResult]:
    """Return all cells in one list; the budget names the set and its number of gold sentences."""
    return [
        replace(cell, budget=f"{name} {gold}", sizes=(gold, 0))
        for (name, gold), cells in settings.items()
        for cell in cells
    ]


def score_table(settings: Settings, f1_of: Mapping[str, float]) -> str:
    """Return F1 by set and regimen, with the decisions of auto."""
    rows = []
    for (name, gold), cells in settings.items():
        own = {r: [c for c in cells if c.regimen == r] for r in REGIMENS}
        autos = sorted(own["auto"], key=lambda cell: cell.seed)
        gains = [c.silver_gain for c in autos if c.silver_gain is not None]
        rows.append(
            (
                NAMES[name],
                f1(f1_of[name]),
                number(gold),
                number(len(own["auto"])),
                *(f1(_mean(own[regimen])) for regimen in REGIMENS),
                ", ".join(points(g.gain.difference, signed=True) for g in gains),
                f"{sum(g.silver_used for g in gains)} of {len(gains)}",
            )
        )
    head = ("set, teacher", "teacher F1", "gold", "seeds", "gold only", "Simple Mix", "auto")
    return table((*head, "gain on gold, by seed", "silver used"), rows)


def _mean(cells: Sequence[CellResult], split: str = "test") -> float:
    scores = (cell.score(split) for cell in cells)
    return statistics.fmean(score.overall.f1 for score in scores if score is not None)


def comparison_table(settings: Settings, resamples: int) -> str:
    """Return the differences of auto to the other two, Holm-corrected over all of them."""
    found = {(row.budget, row.baseline): row for row in _comparisons(settings, resamples)}
    rows = []
    for name, gold in settings:
        cells = [NAMES[name], number(gold)]
        for other in ("gold_only", "simple_mix"):
            row = found[f"{name} {gold}", other]
            low, high = (points(end, signed=True) for end in (row.low, row.high))
            difference = points(row.difference, signed=True)
            cells += [f"{difference} [{low}, {high}]", p_text(row.p_holm)]
        rows.append(cells)
    head = ("set, teacher", "gold", "auto − gold only", "p (Holm)")
    return table((*head, "auto − Simple Mix", "p (Holm)"), rows)


def _comparisons(settings: Settings, resamples: int) -> Iterator[ComparisonRow]:
    cells = in_blocks(settings)
    for other in ("gold_only", "simple_mix"):
        pair = [cell for cell in cells if cell.regimen in (other, "auto")]
        yield from (row for row in compare(pair, other, resamples) if row.family == "baseline")


def mean_gain(settings: Settings) -> str:
    """Return the mean of auto minus the better of the other two, which dev chooses."""
    gains = []
    for cells in settings.values():
        own = {r: [c for c in cells if c.regimen == r] for r in REGIMENS}
        better = max(REGIMENS[:2], key=lambda regimen: _mean(own[regimen], "dev"))
        gains.append(_mean(own["auto"]) - _mean(own[better]))
    mean = points(statistics.fmean(gains), signed=True)
    return (
        f"Mean over the {len(gains)} settings of auto minus the better of gold only and Simple Mix "
        f"(chosen on dev): {mean} points."
    )


def teachers() -> dict[str, float]:
    """Return the teachers' F1 by set."""
    paths = (FOLDER / "teachers.json", FOLDER.parent / "teachers/teachers.json")
    return {n: row["f1"] for path in paths for n, row in json.loads(path.read_text()).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resamples", type=int, default=10_000)
    resamples, settings = parser.parse_args().resamples, read_settings()
    parts = (
        score_table(settings, teachers()),
        comparison_table(settings, resamples),
        mean_gain(settings),
    )
    text = "\n\n".join(parts)
    write_between(PAGE, BEGIN, END, text)
    print(text)


if __name__ == "__main__":
    main()
