"""Write the finished cells of the CoNLL-2003 comparison into the tables of the results page.

Beside each mean stands that of the trial runs made before the project, where there is one, and
whether ours is at or above it less .02.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.tables import write_between

from vermeil.studies.finished_cells import read_study_cells
from vermeil.studies.results.cell import CellResult

RESULTS = Path(__file__).parents[2] / "docs/results/conll2003"
PAGE = RESULTS.with_suffix(".md")
BEGIN, END = "<!-- tables: written by tabulate.py -->", "<!-- end of tables -->"
REGIMENS = ("gold_only", "silver_only", "pooled", "sigmoid", "simple_mix", "ceiling")
SHARED = ("pooled", "sigmoid", "simple_mix", "ceiling")
TITLES = {
    "gold-250": "250 gold sentences",
    "gold-1000": "1,000 gold sentences",
    "full": "All 14,041 gold sentences",
    "full-context": "All 14,041 gold sentences, read in the context of their article",
}
MARGIN = 0.02

TRIAL = {
    ("gold-250", "gold_only"): (0.620, 0.680),
    ("gold-250", "silver_only"): (0.708, 0.714),
    ("gold-250", "pooled"): (0.718, 0.713),
    ("gold-250", "sigmoid"): (0.703, 0.712),
    ("gold-250", "simple_mix"): (0.745, 0.803),
    ("gold-250", "ceiling"): (0.852, 0.852),
    ("gold-1000", "gold_only"): (0.753, 0.757),
    ("gold-1000", "pooled"): (0.742, 0.744),
    ("gold-1000", "sigmoid"): (0.742, 0.721),
    ("gold-1000", "simple_mix"): (0.771, 0.821),
}
"""Test F1 of seeds 0 and 1 in the trials, budget epochs."""

Rows = dict[tuple[str, str], list[CellResult]]


def finished(size: str) -> Rows:
    """Cells of one size by (budget, regimen); a cell that both budgets share stands once."""
    rows: Rows = {}
    for cell in read_study_cells(RESULTS / size / "study"):
        rows.setdefault((cell.budget, cell.regimen), []).append(cell)
    return rows


def table(title: str, budget: str, rows: Rows, size: str) -> Iterator[str]:
    """Yield the lines of one table."""
    yield f"\n### {title}, budget `{budget}`\n"
    yield "| regimen | test F1, mean ± sd | by seed | trial | steps | wordpieces | seconds |"
    yield "|---|---|---|---|---|---|---|"
    for regimen in REGIMENS:
        cells = sorted(rows.get((budget, regimen), ()), key=lambda c: c.seed)
        if not cells:
            continue
        scores = [c.test.overall.f1 for c in cells if c.test is not None]
        spread = f" ± {statistics.stdev(scores):.3f}" if len(scores) > 1 else ""
        seeds = ", ".join(f"{score:.3f}" for score in scores)
        yield (
            f"| {regimen} | {statistics.mean(scores):.3f}{spread} | {seeds} "
            f"| {beside_trial(size, budget, regimen, statistics.mean(scores))} "
            f"| {statistics.mean(c.steps for c in cells):.0f} "
            f"| {statistics.mean(c.wordpieces for c in cells):,.0f} "
            f"| {statistics.mean(c.seconds for c in cells):.0f} |"
        )


def beside_trial(size: str, budget: str, regimen: str, mean: float) -> str:
    trial = TRIAL.get((size, regimen))
    if budget != "epochs" or trial is None:
        return ""
    reference = statistics.mean(trial)
    return f"{reference:.3f} ({'met' if mean >= reference - MARGIN else 'not met'})"


def tables() -> Iterator[str]:
    """Yield the lines of all tables."""
    for size, title in TITLES.items():
        rows = finished(size)
        for budget in ("epochs", "equal"):
            # Blends and ceiling train the same under both budgets: each stands once.
            shared = {("equal", regimen): rows.get(("epochs", regimen), []) for regimen in SHARED}
            shown = {**shared, **rows} if budget == "equal" else rows
            if any(b == budget for b, _ in rows):
                yield from table(title, budget, shown, size)


def main() -> None:
    text = "\n".join(tables())
    write_between(PAGE, BEGIN, END, text.strip("\n"))
    print(text)


if __name__ == "__main__":
    main()
