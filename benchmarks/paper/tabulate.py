"""Write the finished cells of the paper's study into docs/results/paper.md, with figures beside it.

    python benchmarks/paper/tabulate.py [--resamples 10000]

Reads the finished cells of docs/results/paper/*/study (cells.jsonl.gz and cells/) and nothing else,
so it can be run while cells are still missing. The page states their number.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from markupsafe import Markup, escape

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.tables import write_between

from vermeil.studies.finished_cells import read_study_cells
from vermeil.studies.format import f1, regimen_name
from vermeil.studies.report.figures import chart_style
from vermeil.studies.report.markdown import (
    block_parts,
    comparison_parts,
    findings_parts,
    mechanism_parts,
    table,
)
from vermeil.studies.report.page import page_view
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.statistics import SummaryRow
from vermeil.studies.results.study import StudyResults
from vermeil.studies.statistics.compare import compare, summarise
from vermeil.studies.statistics.mechanism import mechanism

RESULTS = Path(__file__).parents[2] / "docs/results/paper"
PAGE = RESULTS.with_suffix(".md")
BEGIN, END = "<!-- tables: written by tabulate.py -->", "<!-- end of tables -->"
ORDER = (
    "gold_only", "silver_only", "pooled", "simple_mix", "reverse_mix", "sigmoid", "power",
    "linear", "sigmoid_tail", "power_tail", "linear_tail", "simple_mix_restart",
)  # fmt: skip
STUDIES = {
    "gold-250": "250 gold sentences, 4,000 with ChatGPT’s labels",
    "gold-1000": "1,000 gold sentences, 4,000 with ChatGPT’s labels",
    "uniner-1000": "1,000 gold sentences, 4,000 with UniNER’s labels",
}
PANEL = (190, 122)
"""Width and height that a panel has in a figure, its title included."""


def cells_of(name: str) -> list[CellResult]:
    """Return the finished cells of a study, regimen by regimen."""
    cells = read_study_cells(RESULTS / name / "study")
    return sorted(cells, key=lambda cell: (ORDER.index(cell.regimen), cell.seed))


def section(name: str, resamples: int) -> Iterator[str]:
    """Yield the parts of the page about one study, and write its figures."""
    cells = cells_of(name)
    yield f"## {STUDIES[name]}"
    if not cells:
        yield "No cell is finished yet."
        return
    results = StudyResults(
        cells=tuple(cells),
        summary=tuple(summarise(cells)),
        comparisons=tuple(compare(cells, "gold_only", resamples)),
        mechanism=tuple(mechanism(cells)),
    )
    view = page_view(results)
    yield f"{len(cells)} cells, {resamples:,} resamples."
    yield from findings_parts(view)
    for block in view.blocks:
        yield from list(block_parts(block, "###"))
    yield by_seed(results.summary)
    yield by_type(cells)
    yield from comparison_parts(view, "###")
    for one in view.mechanism:
        yield from mechanism_parts(one, "###")
        for kind, file, caption in (
            ("teacher_errors", "taught",
             "The teacher’s wrong words over training: repeated (dashed), corrected"),
            ("errors", "errors",
             "Errors per 100 gold spans of dev over training, from the bottom: ends, label, both, "
             "missing, spurious"),
        ):  # fmt: skip
            charts = [(panel.name, getattr(panel, kind)) for panel in one.panels]
            panels = [(title, chart) for title, chart in charts if chart]
            if panels:
                yield figure(f"{name}-{file}", caption, panels)
    for block in view.blocks:
        panels = [(panel.name, panel.chart) for panel in block.schedules]
        yield figure(f"{name}-schedules", "Gold share, planned (dashed) and realised", panels)


def by_seed(summary: Sequence[SummaryRow]) -> str:
    """Return the table of test F1 by seed."""
    seeds = sorted({seed for row in summary for seed in row.seeds})
    rows = []
    for row in summary:
        values = row.test.values if row.test else [None] * len(row.seeds)
        scores = dict(zip(row.seeds, values, strict=True))
        rows.append((regimen_name(row.regimen), *(f1(scores.get(seed)) for seed in seeds)))
    return table(("test F1", *(f"seed {seed}" for seed in seeds)), rows)


def by_type(cells: Sequence[CellResult]) -> str:
    """Return the table of mean test F1 by type."""
    tests = [(cell.regimen, cell.test) for cell in cells if cell.test is not None]
    labels = list(tests[0][1].per_label)
    rows = []
    for regimen in dict.fromkeys(name for name, _ in tests):
        scores = [one.per_label for name, one in tests if name == regimen]
        means = [statistics.fmean(one[label].f1 for one in scores) for label in labels]
        rows.append((regimen_name(regimen), *map(f1, means)))
    return table(("test F1 by type", *labels), rows)


def figure(name: str, caption: str, panels: Sequence[tuple[str, Markup]], columns: int = 4) -> str:
    """Write panels into one SVG file, and return the line that shows it."""
    width, height = PANEL
    rows = -(-len(panels) // columns)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns * width} {rows * height}" '
        f'font-family="sans-serif" role="img" aria-label="{escape(caption)}">',
        f"<style>{chart_style()}</style>",
        f'<rect width="{columns * width}" height="{rows * height}" fill="#fff" />',
    ]
    for number, (title, chart) in enumerate(panels):
        x, y = number % columns * width, number // columns * height
        inner = str(chart).replace(
            "<svg ", f'<svg x="{x}" y="{y + 18}" width="170" height="96" ', 1
        )
        parts.append(f'<text x="{x + 4}" y="{y + 13}" font-size="12">{escape(title)}</text>{inner}')
    folder = RESULTS / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.svg").write_text("\n".join([*parts, "</svg>"]) + "\n", "utf-8")
    return f"![{caption}](paper/figures/{name}.svg)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resamples", type=int, default=10_000)
    resamples = parser.parse_args().resamples
    text = "\n\n".join(part for name in STUDIES for part in section(name, resamples) if part)
    write_between(PAGE, BEGIN, END, text)
    print(text)


if __name__ == "__main__":
    main()
