"""``vermeil tune`` as its users call it, on a machine without Ray."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.e2e.conftest import Vermeil
from tests.toys import sentences

from vermeil.corpora import write_corpus

TOML = """
corpora.gold = "gold.jsonl"
corpora.dev = "dev.jsonl"
task.name = "ner"
task.labels = {{ PER = {{}}, LOC = {{}} }}
student.encoder = "{encoder}"
student.threads = 1
blending.regimen = "gold_only"
blending.budget.batch_wordpieces = 128
tune.trials = 3
tune.evaluations = 2
tune.grace = 2
tune.space = {{ "student.learning_rate" = {{ low = 1e-4, high = 1e-2, log = true }} }}
"""

BLOCKED = """
from importlib.machinery import PathFinder

find = PathFinder.find_spec

def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in {names} else find(name, path, target)

PathFinder.find_spec = find_spec
"""


def without(folder: Path, *names: str) -> Mapping[str, str]:
    """Return an environment in which these packages cannot be imported."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BLOCKED.format(names=names))
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


@pytest.fixture
def project(tmp_path: Path, encoder: Path) -> Path:
    documents = sentences(40)
    write_corpus(documents[:24], tmp_path / "gold.jsonl", "jsonl")
    write_corpus(documents[24:], tmp_path / "dev.jsonl", "jsonl")
    (tmp_path / "vermeil.toml").write_text(TOML.format(encoder=encoder), "utf-8")
    return tmp_path


def test_without_optuna_it_names_the_extra(vermeil: Vermeil, project: Path) -> None:
    blocked = without(project / "blocked", "optuna", "ray")
    done = vermeil("tune", environment=blocked)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'vermeil tune needs optuna: pip install ".[tune]"' in done.stderr
    done = vermeil("tune", "--on", "ray", environment=blocked)
    assert done.returncode == 2
    assert 'pip install ".[ray]"' in done.stderr
    # An address of a cluster means Ray, as with the other verbs.
    done = vermeil("tune", "--set", "cluster.address=auto", environment=blocked)
    assert "needs ray" in done.stderr
    done = vermeil("tune", "--set", "cluster.address=auto", "--on", "here", environment=blocked)
    assert "needs optuna" in done.stderr


@pytest.mark.slow
def test_it_runs_without_ray_and_goes_on_after_ctrl_c(vermeil: Vermeil, project: Path) -> None:
    pytest.importorskip("optuna", reason='Optuna is not installed: "vermeil[tune]"')
    blocked = without(project / "blocked", "ray")
    command = [sys.executable, "-W", "error", "-m", "vermeil", "tune"]
    long = ["--set", "tune.trials=1000"]  # the number of trials may change between runs
    with (project / "log").open("w") as out:
        job = subprocess.Popen(
            [*command, *long], cwd=project, env={**os.environ, **blocked}, stdout=out, stderr=out
        )
    log, trials = project / "log", project / "vermeil-run" / "tune" / "trials"
    until = time.monotonic() + 200
    while not list(trials.glob("[!.]*.json")):
        assert job.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)
    job.send_signal(signal.SIGINT)
    assert job.wait(timeout=60) == 130, log.read_text()
    assert "stopped;" in log.read_text()
    assert "Traceback" not in log.read_text()
    (record,) = trials.glob("[!.]*.json")
    first = json.loads(record.read_text())["trials"]
    assert first

    done = vermeil("tune", "--json", environment=blocked)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report == json.loads((project / "vermeil-run" / "tune" / "tune.json").read_text())
    assert (len(report["trials"]), report["failed"]) == (3, 0)
    assert first[0]["values"] in [trial["values"] for trial in report["trials"]]
    assert "tune: 3 of 3" in done.stderr
    best = report["trials"][0]["values"]["student.learning_rate"]
    assert report["overrides"] == [f"student.learning_rate={best}"]

    shown = vermeil("tune", environment=blocked)
    assert "train with: vermeil train --set 'student.learning_rate=" in shown.stdout
    assert list(trials.iterdir()) == [record]
