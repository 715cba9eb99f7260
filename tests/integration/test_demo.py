"""The whole demo, with three small cells."""

import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from vermeil.demo import DemoReport, run_demo
from vermeil.demo.annotating import read_newswire
from vermeil.demo.budget import SMALLEST_BUDGET
from vermeil.demo.corpus import NEWSWIRE
from vermeil.demo.run import SENTENCES
from vermeil.demo.settings import DemoSettings, read_settings
from vermeil.demo.timing import BUDGET_FILE, fitted_budget

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

REGIMENS = ("gold_only", "simple_mix", "auto@weak_teacher")
PROMPTS = ["standard", "chain_of_thought", "weak_teacher"]


def small_settings() -> DemoSettings:
    shipped = read_settings()
    budget = shipped.blending.budget.model_copy(update={"wordpieces": 2000})
    few = {"regimens": REGIMENS, "seeds": (0,), "resamples": 100, "workers": 1}
    return replace(
        shipped,
        blending=shipped.blending.model_copy(update={"budget": budget}),
        study=shipped.study.model_copy(update=few),
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoReport, str]:
    printed = io.StringIO()
    folder = tmp_path_factory.mktemp("demo") / "vermeil-demo"
    console = Console(file=printed, width=100)
    return run_demo(folder, console=console, settings=small_settings()), printed.getvalue()


def test_the_demo_leaves_everything_that_it_names(demo: tuple[DemoReport, str]) -> None:
    report, printed = demo
    places = ("study/report.html", "study/results.json", "study/model", "silver.jsonl")
    for name in (*places, "silver.weak.jsonl", "replies.sqlite", "vermeil.toml"):
        path = report.folder / name
        assert path.exists()
        assert str(path) in printed


def test_results_hold_cells_comparisons_and_the_teacher(demo: tuple[DemoReport, str]) -> None:
    report, _ = demo
    results = json.loads((report.folder / "study" / "results.json").read_text("utf-8"))
    assert [cell["regimen"] for cell in results["cells"]] == list(REGIMENS)
    compared = [row["regimen"] for row in results["comparisons"] if row["family"] == "baseline"]
    assert compared == list(REGIMENS[1:])
    assert [row["prompt"] for row in results["teacher"]] == PROMPTS


def test_both_teachers_and_the_regimen_that_suits_each_are_shown(
    demo: tuple[DemoReport, str],
) -> None:
    _, printed = demo
    flat = " ".join(printed.split())
    assert "Strong teacher (F1 .9" in flat
    assert "Silver of such a teacher is nearly as good as gold." in flat
    assert "Weak teacher (F1 .5" in flat
    assert "Simple Mix suits it better" not in flat


def test_new_sentences_are_tagged_whole(demo: tuple[DemoReport, str]) -> None:
    report, _ = demo
    assert [document.text for document in report.tagged] == list(SENTENCES)
    assert all(document.spans is not None for document in report.tagged)


def test_the_report_can_be_written_as_json(demo: tuple[DemoReport, str]) -> None:
    report, _ = demo
    value = json.loads(json.dumps(report.as_dict()))
    assert [record["text"] for record in value["tagged"]] == list(SENTENCES)
    assert [row["prompt"] for row in value["study"]["teacher"]] == PROMPTS
    assert [one["regimen"] for one in value["scores"]["scores"]] == list(REGIMENS)
    assert value["scores"]["wordpieces"] == 2000


def test_new_sentences_are_not_from_the_sample(newswire: Path) -> None:
    sample = "".join(path.read_text("utf-8") for path in newswire.glob("*.jsonl"))
    assert not [sentence for sentence in SENTENCES if sentence in sample]


def test_budget_is_measured_once_per_folder_and_time(tmp_path: Path) -> None:
    corpus, settings = read_newswire(NEWSWIRE), read_settings()
    few = replace(corpus, train=corpus.train[:60], dev=corpus.dev[:10], test=corpus.test[:10])
    budget = fitted_budget(settings, few, tmp_path, 4.0, time.monotonic())
    assert budget.speed is not None
    assert budget.wordpieces >= SMALLEST_BUDGET
    stored = json.loads((tmp_path / BUDGET_FILE).read_text("utf-8"))
    assert stored["wordpieces_per_second"] == round(budget.speed)

    began = time.monotonic()
    again = fitted_budget(settings, few, tmp_path, 4.0, began)
    assert again.apply(settings) == budget.apply(settings)
    other = fitted_budget(settings, few, tmp_path, 0.1, began)
    assert other.wordpieces == SMALLEST_BUDGET


def test_record_does_not_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "full.json").write_text("mine")
    command = [sys.executable, "-m", "vermeil", "demo", "--full", "--record", "full.json"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 3
    assert "full.json" in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["full.json"]
