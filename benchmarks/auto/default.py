"""Write the table of docs/decisions/0022 from the finished cells: the default regimen and others.

    python benchmarks/auto/default.py

Reads docs/results/auto/*/study and docs/results/teachers/grid/*/study: every setting that has cells
of gold only, Simple Mix and the regimen that the teacher's F1 recommends, with the seeds that all
three have.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.auto.tabulate import FOLDER, NAMES, read_cells, teachers
from benchmarks.tables import write_between

from vermeil.blending.advice import advise
from vermeil.studies.format import f1, number, points, regimen_name
from vermeil.studies.report.markdown import table

PAGE = FOLDER.parents[1] / "decisions/0022-recommended-regimen.md"
BEGIN, END = "<!-- default: written by default.py -->", "<!-- end of default -->"
TITLES = {
    **NAMES,
    "mixed-83": "CoNLL-2003, ChatGPT mixed to .83",
    "mixed-89": "CoNLL-2003, ChatGPT mixed to .89",
}


def rows() -> Iterator[tuple[float, list[str], float]]:
    """Yield the teacher's F1, a row of the table, and the gain of the default over Simple Mix."""
    quality = teachers()
    for name, gold, cells in read_cells(TITLES):
        default = advise(quality[name], (quality[name],) * 2, gold).regimen
        wanted = ("gold_only", "simple_mix", default)
        by_seed = [
            {c.seed: c for c in cells if c.regimen == regimen and c.test} for regimen in wanted
        ]
        shared = set.intersection(*map(set, by_seed))
        if not shared:
            continue
        means = [statistics.fmean(own[s].test.overall.f1 for s in shared) for own in by_seed]  # type: ignore[union-attr]
        scores = [f1(mean) for mean in means]
        gain = means[2] - means[1]
        head = [TITLES[name], f1(quality[name]), number(gold), number(len(shared))]
        row = [*head, *scores[:2], f"{scores[2]} ({regimen_name(default)})"]
        yield quality[name], [*row, points(gain, signed=True)], gain


def main() -> None:
    found = sorted(rows(), key=lambda row: (row[0], row[1]))
    head = ("set, teacher", "teacher F1", "gold", "seeds", "gold only", "Simple Mix", "recommended")
    text = table((*head, "recommended − Simple Mix"), [row for _, row, _ in found])
    mean = statistics.fmean(gain for *_, gain in found)
    text += f"\n\nMean over the {len(found)} settings: {points(mean, signed=True)} points."
    write_between(PAGE, BEGIN, END, text)
    print(text)


if __name__ == "__main__":
    main()
