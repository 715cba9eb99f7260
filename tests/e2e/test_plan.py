"""``vermeil plan`` as its users have it: from a study's results to a purchase."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.study_records import cell_record

from vermeil.evaluation.learning_curve import Curves

TRUTH = Curves(*(np.array([v]) for v in (0.93, 1.8, 0.35, 700.0, 0.6)), unit=4000.0)


def cell(regimen: str, gold: int, silver: int, seed: int) -> dict[str, Any]:
    known = 0 if regimen == "gold_only" else silver
    f1 = float(TRUTH(np.array([float(gold)]), np.array([float(known)]))[0, 0])
    right = round(400 * f1) + seed
    groups = {"a": [right // 2, 200, 200], "b": [right - right // 2, 200, 200]}
    sizes = {"gold_documents": gold, "silver_documents": silver, "sizes": [gold, silver]}
    return cell_record(regimen, seed, groups, **sizes)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A configuration, and the results of a study over a grid."""
    (tmp_path / "vermeil.toml").write_text(
        '[task]\nname = "ner"\n[task.labels]\nPER = {}\n'
        "[plan]\ngold_price = 0.5\nsilver_price = 0.01\nresamples = 100\n",
        "utf-8",
    )
    cells = [
        cell(regimen, gold, silver, seed)
        for seed in (0, 1)
        for gold in (125, 250, 500)
        for silver in (1000, 4000)
        for regimen in ("gold_only", "simple_mix")
    ]
    folder = tmp_path / "vermeil-run" / "study"
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps({"cells": cells}), "utf-8")
    return tmp_path


def test_a_sum_is_divided_between_gold_and_silver(vermeil: Any, project: Path) -> None:
    told = vermeil("plan", "--budget", "100", "--json")
    assert told.returncode == 0, told.stderr
    record = json.loads(told.stdout)
    best = record["purchase"]["options"][0]
    assert 0 < best["cost"] <= 100
    assert best["gain"] > 0
    shown = vermeil("plan", "--budget", "100")
    assert "For $100 buy" in shown.stdout
    assert "Cost frontier of Simple Mix" in shown.stdout
    assert project.exists()


def test_what_is_missing_is_said(vermeil: Any, project: Path) -> None:
    done = vermeil("plan")
    assert done.returncode == 2
    assert "plan.budget: missing" in done.stderr
    (project / "vermeil-run/study/results.json").unlink()
    done = vermeil("plan", "--budget", "100")
    assert done.returncode == 3
    assert "run vermeil study" in done.stderr


def test_help_has_an_example(vermeil: Any) -> None:
    done = vermeil("plan", "--help")
    assert done.returncode == 0
    assert "vermeil plan --budget 500" in done.stdout
