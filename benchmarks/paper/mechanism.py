"""Write the table of docs/results/blends.md that shows what the gold phase of Simple Mix changes.

    python benchmarks/paper/mechanism.py

Reads the observed cells of docs/results/teachers/mechanism/*/study (see teachers.sh, step 8).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from blends import FOLDER, PAGE, TEACHERS, read_cells

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.tables import write_between

from vermeil.studies.format import f1, number, regimen_name
from vermeil.studies.report.markdown import table
from vermeil.studies.results.statistics import MechanismRow
from vermeil.studies.statistics.mechanism import mechanism

BEGIN, END = "<!-- mechanism: written by mechanism.py -->", "<!-- end of mechanism -->"


def per_cent(part: float | None, whole: float = 1.0) -> str:
    """Return a share in per cent; nothing if it is not known."""
    return "" if part is None or not whole else f"{100 * part / whole:.0f} %"


def repeated(teacher: str, row: MechanismRow) -> Iterator[tuple[str, ...]]:
    """Yield the share of the teacher's wrong words that students repeat, and correct."""
    points = [("at the end", row.curve[-1])]
    if row.turn is not None:
        at = min(row.curve, key=lambda point: abs(point.progress - row.turn.progress))  # type: ignore[union-attr]
        points.insert(0, ("after silver", at))
    for moment, point in points:
        shares = f1(point.f1), per_cent(point.repeated), per_cent(point.corrected)
        yield (teacher, f"{regimen_name(row.regimen)}, {moment}", *shares, number(row.seeds))


def turned(teacher: str, row: MechanismRow) -> Iterator[tuple[str, ...]]:
    """Yield how many spans of dev the last phase corrects, loses and adds."""
    turn = row.turn
    if turn is None:
        return
    wrong = sum(before for before, _ in turn.kinds.values())
    corrected = sum(after for _, after in turn.kinds.values())
    right, lost = turn.right
    yield (
        teacher,
        f"{number(corrected)} of {number(wrong)} ({per_cent(corrected, wrong)})",
        f"{number(lost)} of {number(right)} ({per_cent(lost, right)})",
        number(turn.new),
    )


def main() -> None:
    rows = [
        (TEACHERS[teacher], row)
        for (teacher, _), cells in sorted(read_cells(FOLDER / "mechanism").items())
        for row in mechanism(cells)
    ]
    first = [line for teacher, row in rows for line in repeated(teacher, row)]
    second = [line for teacher, row in rows for line in turned(teacher, row)]
    head = ("teacher", "students", "F1 on dev", "repeated", "corrected", "seeds")
    parts = [table(head, first)]
    head = ("teacher", "errors that gold corrects", "right spans that it loses", "new errors")
    parts.append(table(head, second))
    text = "\n\n".join(parts)
    write_between(PAGE, BEGIN, END, text)
    print(text)


if __name__ == "__main__":
    main()
