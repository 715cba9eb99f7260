"""The public API: every function is called with names of the package ``vermeil`` alone."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract import public_calls
from tests.contract.public_calls import Calls, sentences

import vermeil

FUNCTIONS = sorted(name for name in vermeil.__all__ if inspect.isfunction(getattr(vermeil, name)))


@pytest.fixture(scope="module")
def task() -> Any:
    labels = {"PER": vermeil.LabelConfig(description="people"), "LOC": vermeil.LabelConfig()}
    return vermeil.make_task(vermeil.TaskConfig(labels=labels))


@pytest.fixture(scope="module")
def student(encoder: Path) -> Any:
    return vermeil.StudentConfig(encoder=str(encoder), threads=1, learning_rate=1e-3)


@pytest.fixture(scope="module")
def job(task: Any, student: Any) -> Any:
    budget = vermeil.BudgetConfig(gold_epochs=6, silver_epochs=6, batch_wordpieces=256)
    return vermeil.TrainJob(
        gold=sentences(24, "a"),
        silver=[*sentences(24, "a"), *sentences(24, "b")],
        dev=sentences(12, "c"),
        task=task,
        student=student,
        blending=vermeil.BlendingConfig(regimen="simple_mix", budget=budget),
    )


@pytest.fixture(scope="module")
def model(job: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vermeil.train(job, tmp_path_factory.mktemp("trained") / "model").folder


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return the settings of a replayed teacher that finds the first word of every text."""
    file = tmp_path_factory.mktemp("replies") / "recorded.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for document in [*sentences(24, "a"), *sentences(24, "b")]:
            entities = [{"text": document.text.split()[0], "label": "PER"}]
            reply = json.dumps({"entities": entities})
            lines.write(json.dumps({"text": document.text, "reply": reply}) + "\n")
    with vermeil.ReplayServer({"recorded": file}, port=0) as server:
        yield vermeil.TeacherConfig(base_url=server.base_url, model="recorded")


@pytest.fixture
def project(encoder: Path, teacher: Any, tmp_path: Path) -> Any:
    """Return the configuration of a project with gold, pool and test."""
    vermeil.write_corpus(sentences(24, "a"), tmp_path / "gold.jsonl")
    vermeil.write_corpus(sentences(24, "b"), tmp_path / "test.jsonl")
    texts = "".join(f"{d.text}\n" for d in [*sentences(24, "a"), *sentences(24, "b")])
    (tmp_path / "pool.txt").write_text(texts, encoding="utf-8")
    (tmp_path / "vermeil.toml").write_text(
        f"""
[task.labels.PER]
[task.labels.LOC]
[corpora]
gold = "gold.jsonl"
pool = "pool.txt"
test = "test.jsonl"
[teacher]
base_url = "{teacher.base_url}"
model = "recorded"
[student]
encoder = "{encoder}"
threads = 1
[blending.budget]
gold_epochs = 2
silver_epochs = 2
batch_wordpieces = 256
""",
        encoding="utf-8",
    )
    return vermeil.load_config(tmp_path / "vermeil.toml")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_can_be_called_with_public_names_alone(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    getattr(Calls(request, tmp_path), name)()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_has_at_most_seven_parameters(name: str) -> None:
    assert len(inspect.signature(getattr(vermeil, name)).parameters) <= 7


@pytest.mark.parametrize("file", [__file__, public_calls.__file__])
def test_calls_import_nothing_else_of_the_package(file: str) -> None:
    """Otherwise the calls would prove nothing."""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    imported = {
        getattr(node, "module", None) or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name for name in imported if name.startswith("vermeil")} == {"vermeil"}


@pytest.mark.parametrize("name", vermeil.__all__)
def test_public_name_has_a_docstring(name: str) -> None:
    assert (getattr(vermeil, name).__doc__ or "").strip()


def test_loading_everything_needs_no_torch() -> None:
    code = (
        "import sys, vermeil\n"
        "for name in vermeil.__all__:\n"
        "    if name != 'Student': getattr(vermeil, name)\n"
        "print('torch' in sys.modules, 'ray' in sys.modules, 'fastapi' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["False"] * 3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_paths_can_be_strings(name: str) -> None:
    parameters = inspect.signature(getattr(vermeil, name)).parameters.values()
    assert [p.name for p in parameters if str(p.annotation) == "Path"] == []
