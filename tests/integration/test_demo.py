"""The whole demo, with two small cells instead of twelve."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from vermeil.demo import DemoReport, run_demo
from vermeil.demo.run import SENTENCES
from vermeil.demo.settings import DemoSettings, read_settings

pytest.importorskip("torch")
pytestmark = pytest.mark.slow


def small_settings() -> DemoSettings:
    shipped = read_settings()
    budget = shipped.blending.budget.model_copy(update={"wordpieces": 2000})
    few = {"regimens": ("gold_only", "simple_mix"), "seeds": (0,), "resamples": 100, "workers": 1}
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
    for name in (*places, "replies.sqlite", "vermeil.toml"):
        path = report.folder / name
        assert path.exists()
        assert str(path) in printed


def test_results_hold_cells_comparisons_and_the_teacher(demo: tuple[DemoReport, str]) -> None:
    report, _ = demo
    results = json.loads((report.folder / "study" / "results.json").read_text("utf-8"))
    assert [cell["regimen"] for cell in results["cells"]] == ["gold_only", "simple_mix"]
    assert [row["regimen"] for row in results["comparisons"]] == ["simple_mix"]
    assert [row["prompt"] for row in results["teacher"]] == ["standard", "chain_of_thought"]


def test_new_sentences_are_tagged_whole(demo: tuple[DemoReport, str]) -> None:
    report, _ = demo
    assert [document.text for document in report.tagged] == list(SENTENCES)
    assert all(document.spans is not None for document in report.tagged)


def test_the_report_can_be_written_as_json(demo: tuple[DemoReport, str]) -> None:
    report, _ = demo
    value = json.loads(json.dumps(report.as_dict()))
    assert [record["text"] for record in value["tagged"]] == list(SENTENCES)
    assert [row["prompt"] for row in value["study"]["teacher"]] == ["standard", "chain_of_thought"]


def test_new_sentences_are_not_from_the_sample(newswire: Path) -> None:
    sample = "".join(path.read_text("utf-8") for path in newswire.glob("*.jsonl"))
    assert not [sentence for sentence in SENTENCES if sentence in sample]
