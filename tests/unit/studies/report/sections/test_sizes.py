"""F1 over data: one panel per regimen, one line per number of the other origin."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

from vermeil.studies.report.html import render
from vermeil.studies.report.sections.sizes import size_views
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.load import cell_from_record
from vermeil.studies.results.study import StudyResults

MakeCell = Callable[..., dict[str, Any]]


def cells(cell_of: MakeCell, golds: tuple[int, ...], silvers: tuple[int, ...]) -> StudyResults:
    made: list[CellResult] = []
    for gold in golds:
        for silver in silvers:
            for regimen in ("gold_only", "simple_mix"):
                for seed in (0, 1):
                    record = cell_of(regimen, seed, 0.6 + gold / 5000)
                    record |= {"sizes": [gold, silver], "key": f"{regimen}{gold}{silver}{seed}"}
                    made.append(cell_from_record(record))
    return StudyResults(cells=tuple(made))


def test_a_study_of_one_size_has_no_such_section(cell_of: MakeCell) -> None:
    results = cells(cell_of, (100,), (400,))
    assert size_views(results) == []
    assert 'id="sizes"' not in render(results)


def test_each_number_of_silver_documents_is_a_line(cell_of: MakeCell) -> None:
    results = cells(cell_of, (100, 500, 1000), (400, 1600))
    gold, silver = size_views(results)
    assert (gold.axis, silver.axis) == ("gold", "silver")
    assert gold.others == ["400", "1,600"]
    assert [panel.name for panel in gold.panels] == ["Gold only", "Simple Mix"]
    drawing = ET.fromstring(str(gold.panels[1].chart))
    curves = [e for e in drawing.iter("path") if e.attrib["class"] == "size-curve"]
    rings = list(drawing.iter("circle"))
    assert len(curves) == 2
    assert all(curve.attrib["d"].count("L") == 2 for curve in curves)
    assert len(rings) == 3 * 2 * 2


def test_the_page_shows_and_lists_the_section(cell_of: MakeCell) -> None:
    page = ET.fromstring(render(cells(cell_of, (100, 500), (400,))))
    assert any(e.attrib.get("id") == "sizes" for e in page.iter("section"))
    assert any(a.attrib["href"] == "#sizes" for a in page.iter("a"))
