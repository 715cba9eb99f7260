"""Recipe of a section of the study's report."""

from tests.contract.recipes.recipe import Edit, Recipe

SECTION = Recipe(
    heading="Add a report section",
    files={
        "studies/report/sections/seeds.py": '''"""Section of the page: the seeds of each regimen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vermeil.studies.format import regimen_name
from vermeil.studies.report.markdown import table
from vermeil.studies.report.page import PageView
from vermeil.studies.results.study import StudyResults


@dataclass(frozen=True, slots=True)
class SeedsView:
    """The seeds of each regimen, as texts."""

    rows: list[tuple[str, str]]


def seeds_view(results: StudyResults) -> SeedsView:
    """Return the seeds of each regimen."""
    seeds: dict[str, list[str]] = {}
    for cell in results.cells:
        seeds.setdefault(regimen_name(cell.regimen), []).append(str(cell.seed))
    return SeedsView([(name, " ".join(own)) for name, own in seeds.items()])


def seeds_parts(page: PageView) -> Iterator[str]:
    """Yield the table."""
    view = page.own["seeds"]
    assert isinstance(view, SeedsView)
    yield "## Seeds"
    yield table(("regimen", "seeds"), view.rows)
''',
        "studies/report/templates/seeds.html.j2": """\
<section id="seeds"><h2>Seeds</h2>
<ul>{% for name, own in seeds.rows %}<li>{{ name }}: {{ own }}</li>{% endfor %}</ul>
</section>
""",
    },
    edits=(
        Edit(
            "studies/report/layout.py",
            "from vermeil.studies.results.study import",
            "from vermeil.studies.report.sections.seeds import seeds_parts, seeds_view\n",
        ),
        Edit(
            "studies/report/layout.py",
            '    "record": ReportSection(',
            '    "seeds": ReportSection(\n'
            '        "seeds.html.j2", _link("seeds", "Seeds", lambda _: True),\n'
            "        seeds_parts, seeds_view,\n"
            "    ),\n",
        ),
    ),
    script="""
import tempfile
from pathlib import Path
from tests.study_records import cell_record
from vermeil.studies.report.html import write_report
from vermeil.studies.results.load import results_from_record

cells = [cell_record("gold_only", seed, {"a": [1, 2, 3]}) for seed in (0, 1)]
results = results_from_record({"cells": cells})
with tempfile.TemporaryDirectory() as folder:
    page = Path(folder, "report.html")
    write_report(results, page)
    html, text = page.read_text(), page.with_suffix(".md").read_text()
assert '<a href="#seeds">Seeds</a>' in html and "<li>Gold only: 0 1</li>" in html
assert "| Gold only | 0 1 |" in text
""",
)

RECIPES = (SECTION,)
