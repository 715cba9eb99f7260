"""From text to a model that tags new text, by the command line alone, at toy size."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from tests.tiny import make_encoder

from vermeil.teacher.replay.server import ReplayServer

SIZES = {"train": 12, "pool": 15, "dev": 6, "test": 8}


@pytest.fixture
def project(tmp_path: Path, newswire: Path) -> Path:
    for name, number in SIZES.items():
        with (newswire / f"{name}.jsonl").open(encoding="utf-8") as lines:
            (tmp_path / f"{name}.jsonl").write_text("".join(islice(lines, number)), "utf-8")
    make_encoder(tmp_path / "tiny")
    labels = "".join(f"[task.labels.{name}]\n" for name in ("PER", "ORG", "LOC", "MISC"))
    (tmp_path / "vermeil.toml").write_text(
        f"{labels}[corpora]\ngold = 'train.jsonl'\npool = 'pool.jsonl'\ndev = 'dev.jsonl'\n"
        "test = 'test.jsonl'\n[teacher]\nmodel = 'recorded'\n"
        "[student]\nencoder = 'tiny'\nthreads = 1\n[blending.budget]\nname = 'equal'\n"
        "wordpieces = 1500\n[study]\nregimens = ['gold_only', 'sigmoid']\nseeds = [0, 1]\n"
        "resamples = 100\n"
    )
    return tmp_path


def test_text_becomes_a_model_and_a_study(vermeil: Any, project: Path, newswire: Path) -> None:
    with ReplayServer({"recorded": newswire / "replies.standard.jsonl"}) as teacher:
        done = vermeil("run", "--json", "--set", f"teacher.base_url={teacher.base_url}")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [stage["done"] for stage in report["stages"]] == [True] * 4
    model = report["outputs"]["model"]

    done = vermeil("predict", model, "-", "--quiet", stdin="Ada met Grace in Oslo.\n\nRome won.\n")
    assert (done.returncode, done.stderr) == (0, "")
    tagged = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["text"] for record in tagged] == ["Ada met Grace in Oslo.", "Rome won."]
    assert all(0 <= span["score"] <= 1 for record in tagged for span in record["spans"])

    done = vermeil("evaluate", model, "test.jsonl", "--json")
    scores = json.loads(done.stdout)
    assert scores["documents"] == SIZES["test"]
    evaluation = json.loads(Path(report["outputs"]["evaluation"]).read_text())
    assert evaluation.pop("corpus") == "test"
    assert {key: scores[key] for key in evaluation} == evaluation

    done = vermeil("study", "--quiet")
    assert done.returncode == 0, done.stderr
    folder = project / "vermeil-run" / "study"
    assert str(folder / "report.html") in done.stdout
    assert "cells: 4 trained, 0 reused" in done.stdout
    results = json.loads((folder / "results.json").read_text())
    assert [cell["regimen"] for cell in results["cells"]] == ["gold_only", "sigmoid"] * 2
    assert (folder / "config.toml").exists()


def test_a_study_says_what_it_lacks(vermeil: Any, project: Path) -> None:
    done = vermeil("study", "--set", "corpora.gold=none")
    assert done.returncode == 2
    assert "corpora.gold: missing" in done.stderr
    assert "run vermeil annotate and vermeil locate first" in done.stderr
