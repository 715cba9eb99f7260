"""Write the tables and the figure of docs/results/blends.md from the finished cells.

    python benchmarks/paper/blends.py [--resamples 10000]

Reads the cells of docs/results/teachers/*-*/study, of its folders grid and mix (see teachers.sh)
and the teachers' F1 in docs/results/teachers/teachers.json, and nothing else, so that it can be run
while cells are still missing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.tables import p_text, write_between

from vermeil.studies.finished_cells import read_study_cells
from vermeil.studies.format import f1, points, regimen_name, spread
from vermeil.studies.report.markdown import table
from vermeil.studies.report.svg import Drawing, Scale, ticks
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.statistics import ComparisonRow
from vermeil.studies.statistics.compare import compare, corrected

FOLDER = Path(__file__).parents[2] / "docs/results/teachers"
PAGE = FOLDER.with_name("blends.md")
FIGURE = FOLDER / "gains.svg"
BEGIN, END = "<!-- tables: written by blends.py -->", "<!-- end of tables -->"
TEACHERS = {
    "uniner": "UniNER",
    "chatgpt": "ChatGPT",
    "mixed-83": "ChatGPT, mixed to .83",
    "mixed-89": "ChatGPT, mixed to .89",
    "strong": "LLM of 2026",
}
MORE_SILVER = {
    "strong-bbc": "LLM of 2026, and the BBC",
    "strong-plain": "LLM of 2026, and plain text",
}
"""The strong teacher with more texts, by the name of the folder."""
WITHOUT_TEACHER = ("gold_only", "ceiling")
BLENDS = (
    "simple_mix",
    "pooled",
    "sigmoid",
    "power",
    "linear",
    "reverse_mix",
    "auto",
    "self_training",
)
REFERENCE = "gold_only_3000"
"""Name of gold_only with 3,000 gold sentences in the comparisons with 100."""
COLOURS = ("#1f4e79", "#b5651d", "#5b7f3b", "#7a4a86", "#a03030", "#4a8a8a", "#6b6b6b", "#000000")
PANEL = (270, 200)

MIXES = {
    "mix-conll": "1,025 CoNLL-2003 sentences",
    "mix-bbc": "1,054 BBC sentences",
    "mix-both": "both",
}
"""Silver of the paper's mix of data, by the name of its folder."""

Cells = Mapping[tuple[str, int], Sequence[CellResult]]


def read_cells(root: Path = FOLDER) -> Cells:
    """Return the cells by teacher and gold size; "gold" stands for cells without a teacher."""
    found = {}
    for folder in sorted(root.glob("*-*/study")):
        teacher, _, size = folder.parent.name.rpartition("-")
        if size.isdigit():
            found[teacher, int(size)] = read_study_cells(folder)
    return found


def blocks(cells: Cells, names: Mapping[str, str]) -> list[CellResult]:
    """Return all cells in one list, in blocks of a teacher and a gold size.

    The name of the budget names the teacher. Cells without a teacher are in the block of each.

    Args:
        cells: the cells of a folder.
        names: the teachers, or the parts of the mix of data.
    """
    gathered = []
    for (teacher, size), own in cells.items():
        if teacher not in names:
            continue
        shared = [(c.regimen, c) for c in cells.get(("gold", size), ())]
        if size == 100:
            shared += [
                (REFERENCE, c) for c in cells.get(("gold", 3000), ()) if c.regimen == "gold_only"
            ]
        for regimen, cell in [*shared, *((c.regimen, c) for c in own)]:
            gathered.append(
                replace(cell, regimen=regimen, budget=teacher, sizes=(size, 4005 - size))
            )
    return gathered


def score_table(cells: Sequence[CellResult], size: int, heads: Mapping[str, str]) -> str:
    """Return the table of test F1: a row per regimen, a column per teacher."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for cell in cells:
        if cell.sizes is not None and cell.sizes[0] == size and cell.test is not None:
            values[cell.regimen, cell.budget].append(cell.test.overall.f1)
    teachers = [t for t in heads if any(key[1] == t for key in values)]
    order = (*WITHOUT_TEACHER, REFERENCE, "silver_only", *BLENDS)
    rows = []
    for regimen in sorted({key[0] for key in values}, key=order.index):
        row = [_name(regimen)]
        for teacher in teachers:
            found = values.get((regimen, teacher), [])
            sd = statistics.stdev(found) if len(found) > 1 else None
            text = spread(statistics.fmean(found), sd) if found else ""
            row.append(f"{text} ({len(found)})" if found else "")
        rows.append(row)
    return table(("test F1 (seeds)", *(heads[t] for t in teachers)), rows)


def label_table(cells: Sequence[CellResult], size: int) -> str:
    """Return the table of mean F1 by label: a row per regimen and part of the mix of data."""
    values: dict[tuple[str, str], list[CellResult]] = defaultdict(list)
    for cell in cells:
        if cell.sizes is not None and cell.sizes[0] == size and cell.test is not None:
            silver = "" if cell.regimen == "gold_only" else MIXES[cell.budget]
            values[_name(cell.regimen), silver].append(cell)
    labels = sorted({label for own in values.values() for label in _labels(own[0])})
    rows = [
        (*key, *(f1(statistics.fmean(_labels(c)[label] for c in own)) for label in labels))
        for key, own in sorted(values.items())
    ]
    return table(("regimen", "silver", *labels), rows)


def _labels(cell: CellResult) -> Mapping[str, float]:
    return {} if cell.test is None else {n: s.f1 for n, s in cell.test.per_label.items()}


def planned(cells: Sequence[CellResult], resamples: int) -> list[ComparisonRow]:
    """Return each regimen against gold only, and each blend against Simple Mix, corrected.

    Pairs of other blends answer no question of the page.
    """
    own = [cell for cell in cells if cell.regimen != REFERENCE]
    return corrected(
        [
            row
            for row in compare(own, "gold_only", resamples)
            if row.family == "baseline" or "simple_mix" in (row.regimen, row.baseline)
        ]
    )


def comparison_table(rows: Sequence[ComparisonRow], size: int, family: str) -> str:
    """Return the table of paired differences of one gold size."""
    lines = []
    for row in rows:
        if row.gold_documents == size and row.family == family:
            lines.append(
                (
                    (TEACHERS | MORE_SILVER | MIXES)[row.budget],
                    f"{_name(row.regimen)} − {_name(row.baseline)}",
                    points(row.difference, signed=True),
                    f"{points(row.low, signed=True)} to {points(row.high, signed=True)}",
                    p_text(row.p_holm),
                    row.verdict.replace("_", " "),
                )
            )
    return table(("teacher", "difference", "F1", "95 %", "p (Holm)", "verdict"), lines)


def pair_table(rows: Sequence[ComparisonRow]) -> str:
    """Return the table of Simple Mix minus pooling by seed: a row per teacher."""
    differences = {}
    for row in rows:
        if {row.regimen, row.baseline} == {"simple_mix", "pooled"}:
            sign = 1 if row.regimen == "simple_mix" else -1
            by_seed = (points(sign * own, signed=True) for own in row.per_seed)
            differences[row.budget, row.gold_documents] = ", ".join(by_seed)
    sizes = sorted({size for _, size in differences})
    lines = [
        (title, *(differences.get((name, size), "") for size in sizes))
        for name, title in TEACHERS.items()
    ]
    return table(("Simple Mix − pooled, by seed", *(f"{size:,} gold" for size in sizes)), lines)


def figure(rows: Sequence[ComparisonRow], f1_of: Mapping[str, float]) -> None:
    """Draw the gain of every regimen over gold only against the teacher's F1, by gold size."""
    wanted = [r for r in rows if r.family == "baseline" and r.regimen in (*BLENDS, "silver_only")]
    sizes = sorted({r.gold_documents for r in wanted})
    names = [n for n in ("silver_only", *BLENDS) if any(r.regimen == n for r in wanted)]
    width, height = PANEL
    low = min([r.difference for r in wanted] + [0.0])
    high = max([r.difference for r in wanted] + [0.0])
    drawing = Drawing(
        width * len(sizes), height + 24, "gain of each regimen over gold only by the teacher's F1"
    )
    for place, size in enumerate(sizes):
        across = Scale(0.4, 1.0, place * width + 44, (place + 1) * width - 10)
        up = Scale(low - 0.01, high + 0.01, height - 24, 24)
        for tick in ticks(up.low, up.high):
            css = "zero" if abs(tick) < 1e-9 else "grid"
            drawing.line((across.start, up(tick)), (across.end, up(tick)), css)
            drawing.text((across.start - 4, up(tick) + 4), points(tick, signed=True), "tick", "end")
        for tick in (0.5, 0.6, 0.7, 0.8, 0.9):
            drawing.text((across(tick), height - 8), f1(tick), "tick", "middle")
        drawing.text((across.start, 14), f"{size:,} gold sentences", "title")
        for number, name in enumerate(names):
            dots = sorted(
                (f1_of[r.budget], r.difference)
                for r in wanted
                if r.gold_documents == size and r.regimen == name
            )
            places = [(across(x), up(y)) for x, y in dots]
            drawing.curve(places, f"line c{number}")
            for dot, (_, gain) in zip(places, dots, strict=True):
                drawing.dot(
                    dot, 2.8, f"dot c{number}", f"{_name(name)} {points(gain, signed=True)}"
                )
    for number, name in enumerate(names):
        drawing.dot((50 + 110 * number, height + 12), 4, f"dot c{number}")
        drawing.text((58 + 110 * number, height + 16), _name(name), "tick")
    style = "".join(f".c{n}{{--c:{colour}}}" for n, colour in enumerate(COLOURS[: len(names)]))
    style += (
        ".line{fill:none;stroke:var(--c);stroke-width:1.6}.dot{fill:var(--c)}"
        ".grid{stroke:#ddd}.zero{stroke:#555}.tick{font-size:11px;fill:#333}"
        ".title{font-size:13px;fill:#111}"
    )
    svg = str(drawing.svg()).replace(
        "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" ', 1
    )
    start = svg.index(">") + 1
    back = f'<style>{style}</style><rect width="100%" height="100%" fill="#fff"/>'
    FIGURE.write_text(f"{svg[:start]}{back}{svg[start:]}\n", "utf-8")


def parts(resamples: int) -> Iterator[str]:
    """Yield the parts of the page."""
    f1_of = {n: t["f1"] for n, t in json.loads((FOLDER / "teachers.json").read_text()).items()}
    heads = {n: f"{title}, F1 {f1(f1_of[n])}" for n, title in TEACHERS.items()}
    yield "## Budget of 240,000 wordpieces, all other sentences as silver"
    found = read_cells()
    cells = blocks(found, TEACHERS | MORE_SILVER)
    rows = planned(cells, resamples)
    yield from block_parts(found, rows, cells, heads | MORE_SILVER)
    yield "### Against the ceiling and against 3,000 gold sentences"
    yield from references(cells, resamples)
    found = read_cells(FOLDER / "grid")
    if found:
        yield (
            "## Teachers × gold sizes: 100,000 wordpieces, half of them gold, at most 2,000 silver "
            "sentences"
        )
        cells = blocks(found, TEACHERS)
        rows = planned(cells, resamples)
        figure(rows, f1_of)
        yield f"![Gain over gold only against the teacher's F1](teachers/{FIGURE.name})"
        yield pair_table(rows)
        yield from block_parts(found, rows, cells, heads)
    found = read_cells(FOLDER / "mix")
    if not found:
        return
    yield "## The paper's mix of data: 100,000 wordpieces, half of them gold"
    cells = blocks(found, MIXES)
    yield from block_parts(found, planned(cells, resamples), cells, MIXES)
    for size in sorted({cell.sizes[0] for cell in cells if cell.sizes}):
        yield f"F1 by label, {size:,} gold sentences:"
        yield label_table(cells, size)


def block_parts(
    found: Cells,
    rows: Sequence[ComparisonRow],
    cells: Sequence[CellResult],
    heads: Mapping[str, str],
) -> Iterator[str]:
    """Yield the number of cells, then the tables of each gold size.

    Args:
        found: the cells of a folder.
        rows: the comparisons of these cells.
        cells: the cells in blocks.
        heads: heads of the columns, by teacher or part of the mix of data.
    """
    yield (
        f"{sum(map(len, found.values()))} cells. Bootstrap over test articles and seeds; Holm's "
        f"correction over all {len(rows)} comparisons of this part."
    )
    for size in sorted({cell.sizes[0] for cell in cells if cell.sizes}):
        yield f"### {size:,} gold sentences"
        yield score_table(cells, size, heads)
        for family in ("baseline", "blends"):
            if any(row.gold_documents == size and row.family == family for row in rows):
                yield comparison_table(rows, size, family)


def references(cells: Sequence[CellResult], resamples: int) -> Iterator[str]:
    """Yield the comparisons with the ceiling and, for 100 gold sentences, with 3,000."""
    for reference in ("ceiling", REFERENCE):
        rows = [r for r in compare(cells, reference, resamples) if r.family == "baseline"]
        for size in sorted({row.gold_documents for row in rows}):
            yield comparison_table(rows, size, "baseline")


def _name(regimen: str) -> str:
    return "Gold only, 3,000" if regimen == REFERENCE else regimen_name(regimen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resamples", type=int, default=10_000)
    text = "\n\n".join(parts(parser.parse_args().resamples))
    write_between(PAGE, BEGIN, END, text)
    print(text)


if __name__ == "__main__":
    main()
