"""A whole study with a tiny encoder: real training, real files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import refining

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.progress import Progress, silent
from vermeil.data.written import RECORD
from vermeil.errors import ConfigError, DataError
from vermeil.student.config import StudentConfig
from vermeil.studies.collect import PRODUCTS
from vermeil.studies.config import PlanConfig, StudyConfig
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.plan import plan
from vermeil.studies.results.cell import Exposure, LossPoint
from vermeil.studies.results.load import read_results
from vermeil.studies.settings import StudySettings
from vermeil.studies.study import StudyReport, study
from vermeil.tasks.protocol import Task

NAMES, PLACES = ["Bo", "Al", "Cy", "Di"], ["Rome", "Oslo", "Lima", "Bonn"]


def sentences(prefix: str, number: int) -> list[Document]:
    rng, found = np.random.default_rng(len(prefix)), []
    for i in range(number):
        name, place = NAMES[rng.integers(4)], PLACES[rng.integers(4)]
        text = f"{prefix} {i}: {name} went to {place}"
        spans = tuple(
            Span(text.index(s), text.index(s) + len(s), label)
            for s, label in ((name, "PER"), (place, "LOC"))
        )
        found.append(Document(f"{prefix}-{i}", text, f"{prefix}{i // 3}", None, Annotation(spans)))
    return found


@pytest.fixture
def corpora() -> StudyCorpora:
    gold = sentences("gold", 12)
    silver = [replace(d, annotation=Annotation(d.spans[:1])) for d in sentences("pool", 18)]  # type: ignore[index]
    return StudyCorpora(gold, silver, sentences("dev", 6), sentences("test", 9))


def run(
    corpora: StudyCorpora,
    task: Task,
    encoder: Path,
    output: Path,
    progress: Progress = silent,
    **settings: Any,
) -> StudyReport:
    section = {
        "regimens": ["gold_only", "silver_only", "simple_mix", "sigmoid"],
        "seeds": [0, 1],
        "gold_documents": 6,
        "resamples": 200,
        **settings,
    }
    budget = {"gold_epochs": 2, "silver_epochs": 1, "batch_wordpieces": 128}
    study_settings = StudySettings(
        task=task,
        study=StudyConfig.model_validate(section),
        student=StudentConfig(encoder=str(encoder), threads=1),
        blending=BlendingConfig.model_validate({"budget": budget}),
    )
    return study(corpora, study_settings, output, progress)


def test_a_study_writes_what_it_promises(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    report = run(corpora, task, encoder, tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    assert {*PRODUCTS, "figures"} < {path.name for path in tmp_path.iterdir()}
    assert {"cells", "comparisons", "environment"} <= set(results)
    assert results["version"] == 2
    assert len(results["cells"]) == report.ran == 8
    for cell in results["cells"]:
        assert cell["gold_documents"] == 6
        assert cell["silver_documents"] == 18
        assert set(cell["test"]) >= {"overall", "per_label", "span_only", "documents"}
        assert cell["test"]["documents"] == 9
    assert len({c["steps"] for c in results["cells"]}) == 1
    assert "<html" in (tmp_path / "report.html").read_text()
    assert (tmp_path / "model/config.json").is_file()
    assert not (tmp_path / "candidates").exists()
    best = json.loads((tmp_path / "best.json").read_text())
    assert best["dev_f1"] == max(c["dev"]["overall"]["f1"] for c in results["cells"])
    assert read_results(tmp_path / "results.json") == report.results


def test_finished_cells_are_not_run_again(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    first = run(corpora, task, encoder, tmp_path, regimens=["gold_only", "pooled"])
    assert (first.ran, first.reused) == (4, 0)
    next(tmp_path.glob("cells/*.json")).unlink()
    again = run(corpora, task, encoder, tmp_path, regimens=["gold_only", "pooled"])
    assert (again.ran, again.reused) == (1, 3)
    more = run(corpora, task, encoder, tmp_path, regimens=["gold_only", "pooled", "power"])
    assert (more.ran, more.reused) == (2, 4)
    scores = [c.test for c in first.results.cells]
    assert [c.test for c in more.results.cells][:2] == scores[:2]


def test_a_study_that_is_stopped_goes_on_where_it_was(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    def stop(
        stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        if stage == "study" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(corpora, task, encoder, tmp_path, progress=stop)
    assert not (tmp_path / "results.json").exists()
    again = run(corpora, task, encoder, tmp_path)
    assert (again.ran, again.reused) == (6, 2)


def climbs(curve: Sequence[LossPoint]) -> int:
    rates = [point.learning_rate for point in curve]
    return sum(later > earlier for earlier, later in pairwise(rates))


def test_variants_are_regimens_with_settings_of_their_own(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    variants = {
        "restarted": {"regimen": "simple_mix", "restart_learning_rate": True},
        "forgetful": {"regimen": "simple_mix", "restart_optimiser": True},
        "weighed": {"regimen": "schedule", "schedule": "linear", "mode": "weighting"},
        "the_same": {"regimen": "pooled", "budget": {"gold_epochs": 2}},
    }
    regimens = ["gold_only", "simple_mix", "pooled", *variants]
    report = run(corpora, task, encoder, tmp_path, regimens=regimens, variants=variants, seeds=[0])
    cells = {cell.regimen: cell for cell in report.results.cells}
    assert list(cells) == regimens
    keys = {name: cell.key for name, cell in cells.items()}
    assert keys["the_same"] == keys["pooled"]
    assert len(set(keys.values())) == len(regimens) - 1
    rises = {name: climbs(cells[name].curve) for name in ("simple_mix", "restarted")}
    assert rises["restarted"] > rises["simple_mix"]
    assert cells["weighed"].plan.realised == cells["weighed"].plan.planned
    exposure = cells["pooled"].exposure
    assert exposure["gold"] == Exposure(examples=6, mean=2.0, least=2, most=2)
    assert exposure["silver"].most - exposure["silver"].least <= 1


def test_a_wrong_variant_is_named(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"regimens": ["gold_only", "odd"], "seeds": [0]}
    with pytest.raises(ConfigError, match=r"study\.variants\.odd\.gold_tail"):
        run(corpora, task, encoder, tmp_path, variants={"odd": {"gold_tail": 2}}, **settings)


def test_cells_in_processes_of_their_own_are_the_same(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"regimens": ["gold_only", "simple_mix"], "seeds": [0]}
    alone = run(corpora, task, encoder, tmp_path / "a", **settings)
    beside = run(corpora, task, encoder, tmp_path / "b", workers=2, **settings)
    for one, other in zip(alone.results.cells, beside.results.cells, strict=True):
        assert one.key == other.key
        assert one.test == other.test
        assert one.curve == other.curve


def test_a_plan_that_two_budgets_share_is_run_once(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"regimens": ["gold_only", "simple_mix"], "seeds": [0]}
    report = run(corpora, task, encoder, tmp_path, budgets=["epochs", "equal"], **settings)
    assert len(report.results.cells) == 4
    assert report.ran == 3
    assert {c.budget for c in report.results.cells} == {"epochs", "equal"}


def test_the_ceiling_gives_silver_documents_their_gold_labels(
    task: Task, encoder: Path, tmp_path: Path
) -> None:
    gold = sentences("gold", 12)
    silver = [replace(d, annotation=Annotation(())) for d in gold]
    corpora = StudyCorpora(gold, silver, (), sentences("test", 6))
    report = run(corpora, task, encoder, tmp_path, regimens=["gold_only", "ceiling"], seeds=[0])
    [ceiling] = [c for c in report.results.cells if c.regimen == "ceiling"]
    assert ceiling.gold_documents == 12
    assert ceiling.silver_documents == 0
    assert report.model is None  # without dev there is nothing to choose by


def test_auto_corrects_silver_and_learns_plain_text_within_the_same_budget(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    gold, teacher = refining.corpora()
    silver = [replace(d, id=d.id.removeprefix("t")) for d in teacher]
    erring = replace(corpora, gold=gold, silver=silver)
    sizes: dict[str, Any] = {"gold_documents": refining.GOLD_TEXTS, "silver_documents": 20}
    both: dict[str, Any] = {"regimens": ["gold_only", "simple_mix", "auto"], "seeds": [0], **sizes}
    plain = run(erring, task, encoder, tmp_path, **both)
    extended = run(erring, task, encoder, tmp_path, **both, plain_documents=15)
    assert (plain.ran, extended.ran, extended.reused) == (3, 1, 2)
    *others, auto = extended.results.cells
    assert auto.refinement is not None
    counts = auto.refinement.documents
    assert (counts["doubly_labelled"], counts["self_annotated"]) == (refining.GOLD_TEXTS, 15)
    without = plain.results.cells[-1].refinement
    assert without is not None
    assert "self_annotated" not in without.documents
    assert auto.silver_documents == counts["written"] == 20 + 15
    assert auto.wordpieces == pytest.approx(others[-1].wordpieces, rel=0.01)
    # More than there are: all that are left.
    most = run(erring, task, encoder, tmp_path, **both, plain_documents=1000)
    with_all = most.results.cells[-1].refinement
    assert with_all is not None
    assert with_all.documents["self_annotated"] == 45 - 20


def test_the_leak_check_names_shared_texts(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    long = Document(
        "x", "Al and Bo went from Rome to Oslo by the night train", annotation=Annotation(())
    )
    leaky = StudyCorpora(
        [*corpora.gold, long], corpora.silver, (), [*corpora.test, replace(long, id="y")]
    )
    report = run(leaky, task, encoder, tmp_path, regimens=["gold_only"], seeds=[0])
    assert report.results.leaks is not None
    assert report.results.leaks["gold/test"].exact == 1
    assert any("Leak" in f.text for f in report.results.findings)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"regimens": ["gold_only", "golden"]}, "'golden' is unknown"),
        ({"regimens": ["pooled"]}, "baseline"),
        ({"gold_documents": 99}, "99 documents requested, but only 12 are available"),
        ({"regimens": ["gold_only", "ceiling"]}, "gold labels"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_runs(
    corpora: StudyCorpora,
    task: Task,
    encoder: Path,
    tmp_path: Path,
    settings: dict[str, Any],
    problem: str,
) -> None:
    with pytest.raises(ConfigError, match=problem):
        run(corpora, task, encoder, tmp_path, **settings)
    assert not (tmp_path / "cells").exists()


def test_a_broken_cell_is_named(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    run(corpora, task, encoder, tmp_path, regimens=["gold_only"], seeds=[0])
    [cell] = tmp_path.glob("cells/*.json")
    cell.write_text("{")
    with pytest.raises(DataError, match=cell.name):
        run(corpora, task, encoder, tmp_path, regimens=["gold_only"], seeds=[0])


def test_a_grid_of_sizes_is_a_block_each_and_gold_alone_is_trained_once(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    report = run(
        corpora,
        task,
        encoder,
        tmp_path,
        regimens=["gold_only", "simple_mix"],
        seeds=[0],
        gold_documents=[3, 6],
        silver_documents=[6, 12],
        budgets=["epochs"],
    )
    rows = report.results.summary
    sizes = {(r.gold_documents, r.silver_documents, r.regimen) for r in rows}
    assert len(rows) == len(sizes) == 8
    assert report.ran == 2 + 4
    by_size = {(c.regimen, *(c.sizes or ())): c.key for c in report.results.cells}
    assert by_size["gold_only", 3, 6] == by_size["gold_only", 3, 12]
    assert by_size["gold_only", 3, 6] != by_size["gold_only", 6, 6]
    assert len({row.silver_documents for row in report.results.comparisons}) == 2
    assert report.results.frontier is None


def test_enough_sizes_make_a_frontier_and_a_plan(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    run(
        corpora,
        task,
        encoder,
        tmp_path,
        regimens=["gold_only", "simple_mix"],
        gold_documents=[3, 6, 9],
        silver_documents=[6, 12],
        budgets=["epochs"],
    )
    config = PlanConfig(gold_price=1.0, silver_price=0.1, budget=5.0, resamples=100)
    report = plan(tmp_path / "results.json", config)
    assert [(s.gold, s.silver) for s in report.record.sizes] == [
        (gold, silver) for gold in (3, 6, 9) for silver in (0, 6, 12)
    ]
    assert report.record.purchase is not None
    assert report.record.purchase.options[0].cost <= 5
    assert "How much gold and silver" in (tmp_path / "report.html").read_text()
    assert "How much gold and silver" in (tmp_path / "report.md").read_text()


TWO_CELLS: dict[str, Any] = {"regimens": ["gold_only", "simple_mix"], "seeds": [0]}
MECHANISM = {"regimens": ["simple_mix"], "points": 3, "documents": 5}


def test_observed_cells_have_the_same_scores(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    plain = run(corpora, task, encoder, tmp_path / "plain", **TWO_CELLS)
    observed = {**TWO_CELLS, "mechanism": MECHANISM}
    watched = run(corpora, task, encoder, tmp_path / "watched", **observed)
    (row,) = watched.results.mechanism
    assert row.regimen == "simple_mix"
    assert plain.results.mechanism == ()
    for before, after in zip(plain.results.cells, watched.results.cells, strict=True):
        assert before.test == after.test
        assert (before.key == after.key) == (before.regimen == "gold_only")
    again = run(corpora, task, encoder, tmp_path / "watched", **observed)
    assert again.ran == 0


def test_only_what_is_compared_can_be_observed(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"study\.mechanism\.regimens.*pooled"):
        run(corpora, task, encoder, tmp_path, mechanism={"regimens": ["pooled"]})


def test_finished_cells_with_earlier_names_are_reused(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path
) -> None:
    settings = {**TWO_CELLS, "mechanism": MECHANISM}
    now = run(corpora, task, encoder, tmp_path, **settings)
    cells = {p: json.loads(p.read_text()) for p in tmp_path.glob("cells/*.json")}
    [path] = [p for p, cell in cells.items() if cell["mechanism"]]
    cell = json.loads(path.read_text())
    cell["mechanism"]["spans"]["said"] = cell["mechanism"]["spans"].pop("mistakes")
    path.write_text(json.dumps(cell))
    again = run(corpora, task, encoder, tmp_path, **settings)
    assert (again.ran, again.reused) == (0, 2)
    assert again.results.mechanism == now.results.mechanism


@pytest.mark.parametrize("finished", [True, False])
def test_a_study_without_a_record_of_its_files_is_continued(
    corpora: StudyCorpora, task: Task, encoder: Path, tmp_path: Path, finished: bool
) -> None:
    run(corpora, task, encoder, tmp_path, regimens=["gold_only"])
    for record in tmp_path.rglob(RECORD):
        record.unlink()
    for newer in (*tmp_path.glob("figures/*"), *tmp_path.glob("tables.*")):
        newer.unlink()
    if not finished:
        for name in PRODUCTS:
            (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "notes.md").write_text("mine")
    again = run(corpora, task, encoder, tmp_path, regimens=["gold_only", "pooled"])
    assert (again.ran, again.reused) == (2, 2)
    assert again.model == tmp_path / "model"
    assert (tmp_path / "notes.md").read_text() == "mine"
    files = json.loads((tmp_path / RECORD).read_text())["files"]
    assert files == sorted([*PRODUCTS, "best.json"])
