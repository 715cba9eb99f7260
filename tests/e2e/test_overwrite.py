"""No verb replaces a file of its user unless it is asked to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task

MINE = "mine\n"


@pytest.mark.slow
def test_models_and_predictions_replace_nothing_of_the_user(
    vermeil: Any, encoder: Path, task: Task, tmp_path: Path
) -> None:
    pytest.importorskip("onnx")
    config = StudentConfig(encoder=str(encoder), threads=1)
    Student.create(task, config, seed=1).save(tmp_path / "model", {})
    (tmp_path / "app" / "src").mkdir(parents=True)
    for name in ("app/Dockerfile", "app/src/main.py", "out.jsonl"):
        (tmp_path / name).write_text(MINE)

    for more in ((), ("--overwrite",)):
        done = vermeil("export", "model", "-o", "app", *more)
        assert done.returncode == 3
        assert "app: holds files that Vermeil did not write (Dockerfile, src/)" in done.stderr
    done = vermeil("export", "model", "-o", "out.jsonl", "--overwrite")
    assert (done.returncode, "is a file; name a folder" in done.stderr) == (3, True)

    assert vermeil("export", "model").returncode == 0
    (tmp_path / "model-onnx" / "Dockerfile").write_text(MINE)
    assert vermeil("export", "model", "--overwrite").returncode == 0
    assert (tmp_path / "model-onnx" / "Dockerfile").read_text() == MINE

    arguments = ("predict", "model", "-", "-o", "out.jsonl")
    done = vermeil(*arguments, stdin="Bo\n")
    assert (done.returncode, "out.jsonl: exists already" in done.stderr) == (3, True)
    assert (tmp_path / "out.jsonl").read_text() == MINE
    assert vermeil(*arguments, "--overwrite", stdin="Bo\n").returncode == 0
    assert '"Bo"' in (tmp_path / "out.jsonl").read_text()
    assert vermeil("predict", "model", "-", "--overwrite", stdin="Bo\n").returncode == 2
    for name in ("app/Dockerfile", "app/src/main.py"):
        assert (tmp_path / name).read_text() == MINE


@pytest.mark.slow
def test_corpora_and_reviews_replace_nothing_of_the_user(
    vermeil: Any, newswire: Path, tmp_path: Path
) -> None:
    silver = newswire / "dev.jsonl"
    verbs = {
        "gold.conll": ("corpus", "convert", silver, "gold.conll"),
        "b.jsonl": ("corpus", "split", silver, "a=0.5", "b=0.5"),
        "tasks.json": ("review", "export", silver, "--to", "doccano", "-o", "tasks.json"),
    }
    for name, arguments in verbs.items():
        (tmp_path / name).write_text(MINE)
        done = vermeil(*arguments)
        assert (done.returncode, f"{name}: exists already" in done.stderr) == (3, True)
        assert (tmp_path / name).read_text() == MINE
    assert not (tmp_path / "a.jsonl").exists()
    for name, arguments in verbs.items():
        done = vermeil(*arguments, "--overwrite")
        assert (done.returncode, (tmp_path / name).read_text() != MINE) == (0, True)

    (tmp_path / "reviewed.jsonl").write_text(MINE)
    back = ("review", "import", "doccano:tasks.json", "--silver", silver, "-o", "reviewed.jsonl")
    assert vermeil(*back).returncode == 3
    assert (tmp_path / "reviewed.jsonl").read_text() == MINE
    assert vermeil(*back, "--overwrite").returncode == 0
    assert (tmp_path / "reviewed.jsonl").read_text() != MINE
