"""A teacher on this machine, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.conftest import Vermeil
from tests.gguf_files import write_tiny_model

CONFIGURATION = """
[task.labels.PER]
[task.labels.LOC]
[corpora]
gold = "gold.jsonl"
pool = "pool.jsonl"
[teacher]
backend = "local"
model = "models"
max_tokens = 200
temperature = 1.0
structured = "json_schema"
extra = {seed = 7}
[teacher.local]
slots = 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the configuration of a project whose folder of models is empty."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    lines = [json.dumps({"id": f"d{i}", "text": f"Ann saw town {i}."}) for i in range(4)]
    (folder / "pool.jsonl").write_text("\n".join(lines))
    gold = {"id": "g", "text": "Bo left Rome.", "spans": [{"start": 0, "end": 2, "label": "PER"}]}
    (folder / "gold.jsonl").write_text(json.dumps(gold) + "\n")
    (folder / "vermeil.toml").write_text(CONFIGURATION)
    return folder / "vermeil.toml"


def test_list_shows_how_to_get_a_model(vermeil: Vermeil) -> None:
    done = vermeil("local", "list")
    assert done.returncode == 0, done.stderr
    assert "hf download Qwen/" in done.stdout
    assert "Apache-2.0" in done.stdout
    assert "installed engines: " in done.stderr


def test_list_for_programs(vermeil: Vermeil) -> None:
    listed = json.loads(vermeil("local", "list", "--json").stdout)
    first = listed["models"][0]
    assert first["file"].endswith(".gguf")
    assert first["size"] > 10**8
    assert first["hub_id"] in first["commands"][0]
    assert set(listed["engines"]) <= {"xllamacpp", "llama-server"}


def test_project_without_a_model_ends_before_anything_is_written(
    vermeil: Vermeil, project: Path
) -> None:
    pytest.importorskip("xllamacpp", reason="the engine xllamacpp is not installed")
    done = vermeil("annotate", "--config", project)
    assert done.returncode == 2
    assert "has no GGUF file; `vermeil local list`" in done.stderr
    assert not list(project.parent.glob("vermeil-run/replies*"))


def test_model_that_is_no_gguf_file_is_a_data_error(vermeil: Vermeil, project: Path) -> None:
    pytest.importorskip("xllamacpp", reason="the engine xllamacpp is not installed")
    (project.parent / "models" / "a.gguf").write_text("<html>not found</html>")
    done = vermeil("annotate", "--config", project)
    assert done.returncode == 3
    assert "a.gguf: not a complete GGUF file" in done.stderr


def test_project_is_checked_estimated_and_annotated(vermeil: Vermeil, project: Path) -> None:
    pytest.importorskip("xllamacpp", reason="the engine xllamacpp is not installed")
    write_tiny_model(project.parent / "models" / "tiny.gguf")
    checked = vermeil("check", "--config", project)
    assert "ok teacher: models and an engine for it are here" in checked.stdout
    estimate = vermeil("annotate", "--config", project, "--dry-run", "--json")
    assert json.loads(estimate.stdout)["expected_seconds"] >= 0
    piloted = ("pilot", "--config", project, "--set", 'pilot.demonstrations=["none"]')
    expected = json.loads(vermeil(*piloted, "--dry-run", "--json").stdout)
    assert expected["expected_seconds"] >= 0
    assert expected["to_send"] == len(expected["variants"])
    done = vermeil("annotate", "--config", project, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["asked"] == 4
    assert "local teacher: 4 of 4" in done.stderr
    assert "seconds per document" in done.stderr
