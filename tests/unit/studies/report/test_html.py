from __future__ import annotations

import copy
import json
import re
import stat
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vermeil.errors import DataError
from vermeil.studies.report.html import render, write_report
from vermeil.studies.results.load import results_from_record

Results = dict[str, Any]
HOSTILE = """"><script>alert('x')</script>&lt;{{ 7*7 }}</style>]]>"""


def page(record: Results) -> str:
    """Return the page of a record."""
    return render(results_from_record(record))


def parsed(page: str) -> ET.Element:
    """Parse the page as XML: stricter than any browser."""
    return ET.fromstring(page)


def shown(page: str) -> str:
    """The text that a reader sees, in one line."""
    body = parsed(page).find("body")
    assert body is not None
    return " ".join("".join(body.itertext()).split())


def test_page_is_well_formed_and_has_every_part(results: Results) -> None:
    root = parsed(page(results))
    assert root.attrib["lang"] == "en"
    assert "7 regimens × 3 seeds" in (root.findtext("head/title") or "")
    ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
    assert ids == [
        "answer",
        "scores",
        "types",
        "schedules",
        "curves",
        "teacher",
        "examples",
        "record",
    ]
    links = [a.attrib["href"] for a in root.iter("a")]
    assert links == [f"#{name}" for name in ids]


def test_page_refers_to_nothing_outside_itself(results: Results) -> None:
    html = page(results)
    assert "http" not in html
    assert not re.search(r"\bsrc\s*=|url\(|@import|<link|<script|<img|<iframe", html)


def test_charts_have_descriptions(results: Results) -> None:
    charts = list(parsed(page(results)).iter("svg"))
    assert len(charts) == 2 + 4 + 6 + 7 + 7
    assert all(chart.attrib["role"] == "img" and chart.attrib["aria-label"] for chart in charts)
    score = charts[0].attrib["aria-label"]
    assert score.startswith("test F1, mean and spread by regimen: Simple Mix .8")


def test_every_seed_has_its_dot(results: Results) -> None:
    first = next(parsed(page(results)).iter("svg"))
    assert len(list(first.iter("circle"))) == len(results["cells"])


def test_the_answer_comes_before_everything_else(results: Results) -> None:
    text = shown(page(results)).replace("\N{NO-BREAK SPACE}", " ")
    answer = results["findings"][0]["text"]
    assert answer in text
    assert text.index(answer) < text.index("Best student")
    for finding in results["findings"]:
        assert finding["text"] in text


@pytest.mark.parametrize(
    "absent",
    [
        "summary",
        "comparisons",
        "findings",
        "environment",
        "configuration",
        "corpora",
        "leaks",
        "teacher",
        "agreement",
        "examples",
    ],
)
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_any_part_may_be_missing(results: Results, absent: str, how: str) -> None:
    made = {key: value for key, value in results.items() if key != absent}
    if how == "empty":
        made[absent] = type(results[absent])()
    text = shown(page(made))
    assert "Simple Mix" in text
    assert "None" not in text


def test_cells_alone_make_a_page(results: Results) -> None:
    text = shown(page({"cells": results["cells"]}))
    assert "Simple Mix scored highest on the test set" in text
    assert "Examples" not in text


def test_no_cells_make_a_page_with_a_note() -> None:
    assert "No cells were run." in shown(page({"cells": []}))


def test_cells_without_curves_and_scores_make_a_page(cell_of: Callable[..., Results]) -> None:
    bare = cell_of("pooled", 0, 0.8)
    bare |= {
        "test": None,
        "dev": None,
        "plan": {},
        "curve": [],
        "dev_curve": [],
        "losses": {},
        "test_groups": {},
    }
    text = shown(page({"cells": [bare]}))
    assert "there are no comparisons" in text
    assert "Learning curves" not in text


def test_dev_scores_stand_in_for_absent_test_scores(cell_of: Callable[..., Results]) -> None:
    cells = [{**cell_of("pooled", s, 0.8), "test": None, "test_groups": {}} for s in range(2)]
    text = shown(page({"cells": cells}))
    assert "Strict micro-F1 on the dev set" in text


def test_two_budgets_are_shown_apart(results_of: Callable[..., Results]) -> None:
    html = page(results_of({"gold_only": 0.7, "pooled": 0.8}, budgets=("equal", "epochs")))
    headings = [h.text for h in parsed(html).iter("h3")]
    assert headings.count("Equal budget") == headings.count("Epochs budget") == 5


def test_scores_of_zero_keep_their_axis_within_zero_and_one(
    cell_of: Callable[..., Results],
) -> None:
    cells = [cell_of("pooled", 0, 0.8)]
    cells[0]["test"]["overall"] |= {"f1": 0.0, "support": 9}
    cells[0]["test_groups"] = {"a": [0, 0, 9]}
    chart = next(parsed(page({"cells": cells})).iter("svg"))
    labels = [text.text or "" for text in chart.iter("text")]
    assert not any(label.startswith(("-", "−")) for label in labels)


def test_the_teacher_is_shown_in_depth(results: Results) -> None:
    text = shown(page(results)).replace("\N{NO-BREAK SPACE}", " ")
    assert "Agreement of the prompts standard and chain of thought: F1 .910; 301 of 360" in text
    assert "Mentions not found in the text: 31 of 1,943 (1.6 %)" in text
    assert "Unusable replies: 5 of 883 (0.6 %)" in text
    assert "news-004.01 2 of 2 missed, 0 wrong, without annotation." in text
    assert ".710 to .790" in text
    assert "F1 by other views: strict .790, exact .810, partial .830, type .850." in text


def test_counts_alone_make_a_teacher(results: Results) -> None:
    bare = {"overall": None, "per_label": None, "documents": None}
    row = results["teacher"][0]
    counts = {key: row["counts"][key] for key in bare}
    text = shown(page({**results, "teacher": [{"prompt": "standard", "counts": counts}]}))
    assert "Teacher against gold" in text
    assert "Hardest" not in text


def test_every_comparison_is_listed_with_both_tests(results: Results) -> None:
    text = shown(page(results))
    assert f"All {len(results['comparisons'])} comparisons" in text
    row = results["comparisons"][0]
    assert f"{row['epsilon_min']:.2f}" in text


def test_errors_of_each_regimen_are_means_over_its_seeds(cell_of: Callable[..., Results]) -> None:
    cells = [cell_of("pooled", seed, 0.8) for seed in range(2)]
    for seed, cell in enumerate(cells):
        kinds = {"boundary": 3 + 2 * seed, "type": 4, "both": 0, "missing": 30, "spurious": 1}
        cell["test"]["errors"] = {"PER": kinds, "LOC": dict.fromkeys(kinds, 1)}
    assert "Pooled551312" in shown(page({"cells": cells}))
    assert "Errors, mean" not in shown(page({"cells": [cell_of("pooled", 0, 0.8)]}))


def test_shares_and_exposure_stand_below_the_schedules(results: Results) -> None:
    text = shown(page(results)).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"Pooled30\.0 %(29|30)\.\d %7 to 8 ×3 ×", text)


def test_cells_of_before_exposure_was_counted_make_a_page(cell_of: Callable[..., Results]) -> None:
    old = cell_of("pooled", 0, 0.8)
    del old["exposure"]
    text = shown(page({"cells": [old]})).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"Pooled30\.0 %\d\d\.\d %––", text)


def test_lengths_are_given_in_short(results: Results) -> None:
    lengths = {"minimum": 1, "median": 51, "maximum": 1512}
    corpora = {"gold": {"documents": 3, "characters": lengths, "relations": {}}}
    text = shown(page({**results, "corpora": corpora}))
    assert "median 51, 1 to 1,512" in text
    assert "relations" not in text


def test_a_task_without_spans_has_no_note_on_spans(cell_of: Callable[..., Results]) -> None:
    cell = cell_of("pooled", 0, 0.8)
    assert "a span is correct if" in shown(page({"cells": [cell]}))
    cell["test"]["span_only"] = cell["dev"]["span_only"] = None
    text = shown(page({"cells": [cell]}))
    assert "Micro-F1 on the test set. Mean" in text
    assert "a span is" not in text


def hostile(value: Any) -> Any:
    """Put hostile text into every string and name of the results."""
    if isinstance(value, str):
        return value + HOSTILE
    if isinstance(value, dict):
        return {key: hostile(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner) for inner in value]
    return value


def test_hostile_text_is_shown_as_text(results: Results) -> None:
    made = copy.deepcopy(results)
    for part in ("examples", "environment", "configuration", "corpora"):
        made[part] = hostile(made[part])
    for finding in made["findings"]:
        finding["text"] += HOSTILE
    made["environment"][HOSTILE] = HOSTILE
    made["examples"][0]["students"] = {HOSTILE: made["examples"][0]["gold"]}
    for row in made["teacher"]:
        row["prompt"] += HOSTILE
        row["counts"]["per_label"][HOSTILE] = row["counts"]["per_label"]["ORG"]
        row["confusion"].append([HOSTILE, "O", 3])
        row["states"][HOSTILE] = 3
    for cell in made["cells"]:
        cell["losses"][HOSTILE] = 1
        cell["test"]["per_label"][HOSTILE] = cell["test"]["per_label"]["ORG"]
        if cell["regimen"] == "pooled":
            cell["regimen"] += HOSTILE
    del made["summary"]
    html = page(made)
    root = parsed(html)
    assert list(root.iter("script")) == []
    assert "<script" not in html
    assert HOSTILE in shown(html)
    assert "49" not in "".join(td.text or "" for td in root.iter("code"))


def test_control_characters_and_lone_surrogates_do_not_break_the_page(
    results: Results, tmp_path: Path
) -> None:
    odd = "a\x00b\x1bc\ud800d\ufffee"
    example = {"id": odd, "text": odd, "gold": [{"start": 0, "end": 3, "label": odd}]}
    path = tmp_path / "report.html"
    record = {**results, "examples": [example], "environment": {odd: odd}}
    write_report(results_from_record(record), path)
    text = shown(path.read_text("utf-8"))
    assert "a�b�c�d�e" in text


def test_right_to_left_text_keeps_its_offsets(results: Results) -> None:
    text = "التقى محمد في القاهرة"
    gold = [{"start": 6, "end": 10, "label": "PER"}]
    example = {"id": "ar", "text": text, "gold": gold}
    root = parsed(page({**results, "examples": [example]}))
    (mark,) = root.iter("mark")
    assert mark.text == "محمد"
    assert any(e.attrib.get("dir") == "auto" for e in root.iter("div"))


def test_label_text_is_always_shown(results: Results) -> None:
    root = parsed(page(results))
    marks = list(root.iter("mark"))
    assert marks
    assert all(mark.findtext("span") for mark in marks)


def test_results_read_back_from_json_make_the_same_page(results: Results) -> None:
    assert page(json.loads(json.dumps(results))) == page(results)


def test_page_is_written_whole(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "study" / "report.html"
    write_report(results_from_record(results), path)
    assert path.read_text("utf-8") == page(results)
    assert sorted(p.name for p in path.parent.iterdir()) == ["report.html", "report.md"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o400


def test_a_place_that_cannot_be_written_is_named(results: Results, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        write_report(results_from_record(results), tmp_path / "file" / "report.html")
