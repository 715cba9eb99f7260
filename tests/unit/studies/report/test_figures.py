"""Charts of the report as files."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from vermeil.errors import DataError
from vermeil.studies.report.figures import named_figures, standalone, write_figures, write_pdf
from vermeil.studies.report.svg import Drawing
from vermeil.studies.results.load import results_from_record

Results = dict[str, Any]
SVG = "{http://www.w3.org/2000/svg}"


def test_every_chart_of_the_page_is_a_file(results: Results, tmp_path: Path) -> None:
    known = results_from_record(results)
    written = write_figures(known, tmp_path / "figures")
    assert {path.suffix for path in written} >= {".svg"}
    names = {path.stem for path in written}
    assert {"scores", "differences", "type-per", "loss-simple-mix", "dev-f1-sigmoid"} <= names
    assert "gold-share-power" in names
    assert names == {name for name, _ in named_figures(known)}
    for path in written:
        assert path.is_file()


def test_an_svg_file_stands_alone(results: Results) -> None:
    charts = dict(named_figures(results_from_record(results)))
    root = ET.fromstring(standalone(charts["scores"]))
    assert root.tag == f"{SVG}svg"
    assert root.attrib["viewBox"] == f"0 0 {root.attrib['width']} {root.attrib['height']}"
    style = root.findtext(f"{SVG}style") or ""
    assert "var(" not in style
    assert ".panels" not in style
    used = {name for e in root.iter() for name in e.attrib.get("class", "").split()}
    styled = set(re.findall(r"\.([a-z0-9-]+)", style))
    assert used - styled <= {"name"}


@pytest.mark.parametrize("name", ["\x1b[2J", "\x00", "\x9b", "\ufffe", "\uffff", "\ud800"])
def test_names_with_characters_that_xml_does_not_allow(name: str, tmp_path: Path) -> None:
    drawing = Drawing(40, 20, f"chart {name}")
    drawing.text((0, 10), f"label {name}", "name")
    path = tmp_path / "chart.svg"
    path.write_text(standalone(drawing.svg()), "utf-8")
    assert "label" in "".join(ET.fromstring(path.read_text("utf-8")).itertext())
    if find_spec("typst"):
        write_pdf(path, tmp_path / "chart.pdf")
        assert (tmp_path / "chart.pdf").read_bytes().startswith(b"%PDF")


def test_a_pdf_is_written_with_the_extra(results: Results, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    first = write_figures(results_from_record(results), tmp_path / "figures")
    pdf = tmp_path / "figures" / "scores.pdf"
    content = pdf.read_bytes()
    assert pdf in first
    assert content.startswith(b"%PDF-")
    write_figures(results_from_record(results), tmp_path / "figures")
    assert pdf.read_bytes() == content


def test_without_the_extra_there_is_only_svg(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vermeil.studies.report import figures

    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setattr(figures, "PDF_MODULE", "a_module_that_is_not_installed")
    written = figures.write_figures(results_from_record(results), tmp_path / "figures")
    assert {path.suffix for path in written} == {".svg"}


def test_older_figures_go_and_other_files_stay(results: Results, tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    write_figures(results_from_record(results), folder)
    (folder / "mine.txt").write_text("mine")
    fewer = [cell for cell in results["cells"] if cell["regimen"] != "power"]
    changed = {**results, "cells": fewer, "summary": [], "comparisons": []}
    write_figures(results_from_record(changed), folder)
    assert not (folder / "gold-share-power.svg").exists()
    assert (folder / "gold-share-sigmoid.svg").exists()
    assert (folder / "mine.txt").read_text() == "mine"


def test_a_folder_of_the_user_is_not_replaced(results: Results, tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "own.svg").write_text("<svg/>")
    with pytest.raises(DataError, match="did not write"):
        write_figures(results_from_record(results), tmp_path / "figures")
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["own.svg"]
