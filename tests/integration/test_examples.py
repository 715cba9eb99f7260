"""The scripts and the notebook in examples/: each runs to its end, on a toy encoder."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOTEBOOK = EXAMPLES / "first_steps.ipynb"
Run = Callable[..., str]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Train with one thread; several tests may share the processor."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the main function of a script in a folder of its own; return what it prints."""
    monkeypatch.chdir(tmp_path)

    def run_main(name: str, *arguments: object) -> str:
        importlib.import_module(f"examples.{name}").main([str(one) for one in arguments])
        return capsys.readouterr().out

    return run_main


def test_the_table_names_every_example() -> None:
    page = (EXAMPLES / "README.md").read_text("utf-8")
    named = set(re.findall(r"\]\(([a-z_]+\.(?:py|ipynb))\)", page))
    assert named == {p.name for p in EXAMPLES.iterdir() if p.suffix in (".py", ".ipynb")}


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_a_script_uses_public_names_only_and_has_help(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if script.stem == "spacy_pipeline":
        pytest.importorskip("spacy")
    source = script.read_text("utf-8")
    assert not re.search(r"from vermeil[. ]|import vermeil\.", source)
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"examples.{script.stem}").main(["--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_annotate_with_a_local_server(run: Run) -> None:
    shown = run("annotate_with_local_server", "--documents", 20)
    assert "'done': 1" in shown
    f1 = re.search(r"F1 of (\d+) annotated documents: (\d\.\d{3})", shown)
    assert f1 is not None
    assert int(f1[1]) >= 15
    assert float(f1[2]) > 0.5
    again = run("annotate_with_local_server", "--documents", 20)
    assert again == shown


def test_train_and_predict(run: Run, encoder: Path) -> None:
    shown = run("train_and_predict", "--encoder", encoder, "--documents", 8, "--wordpieces", 1000)
    assert "Student(ner: PER, ORG, LOC, MISC; encoder=" in shown
    assert "Document('1', 'Ada Lovelace met Charles Babbage in London.'" in shown


def test_a_custom_schedule(run: Run, encoder: Path) -> None:
    shown = run("custom_schedule", "--encoder", encoder, "--documents", 40, "--wordpieces", 4000)
    shares = [float(share) for share in re.findall(r"gold share (\d\.\d\d)", shown)]
    assert len(shares) >= 10
    third = len(shares) // 3
    assert sum(shares[:third]) < sum(shares[-third:])


@pytest.mark.slow
def test_a_study_with_a_learning_curve(run: Run, encoder: Path, tmp_path: Path) -> None:
    shown = run(
        "study_learning_curve",
        *("--encoder", encoder, "--sizes", 4, 8, "--silver", 8, "--seeds", 0),
        *("--wordpieces", 600, "--test", 20),
    )
    for regimen in ("gold_only", "simple_mix"):
        assert re.search(rf"{regimen} .* 4: \d\.\d{{3}}   8: \d\.\d{{3}}", shown)
    assert (tmp_path / "study" / "report.html").is_file()


def test_a_spacy_pipeline(run: Run, encoder: Path, task: Task, tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(tmp_path / "model", {})
    shown = run("spacy_pipeline", tmp_path / "model", "Bo met Al. Cy left Rome.")
    assert "Bo met Al." in shown
    assert "Cy left Rome." in shown


def test_the_notebook_is_stored_without_output_and_is_valid() -> None:
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    cells = notebook["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert {cell["cell_type"] for cell in cells} == {"markdown", "code"}
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)


RUN_NOTEBOOK = """
import ast, asyncio, json, sys

shown = []

def run_cell(source, names):
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        if value is not None:
            html = getattr(value, "_repr_html_", None)
            shown.append([repr(value), html() if html else None])

async def main():  # like a notebook: inside a running event loop
    names = {"__name__": "__main__"}
    for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            run_cell("".join(cell["source"]), names)

asyncio.run(main())
print("SHOWN", json.dumps(shown))
"""


@pytest.mark.slow
def test_the_notebook_runs_from_top_to_bottom(encoder: Path, tmp_path: Path) -> None:
    """Cells run in order in one namespace, inside an event loop, and the last value is shown."""
    settings = {"VERMEIL_EXAMPLE_ENCODER": str(encoder), "VERMEIL_EXAMPLE_WORDPIECES": "1000"}
    done = subprocess.run(
        [sys.executable, "-c", RUN_NOTEBOOK, NOTEBOOK],
        cwd=tmp_path,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout.split("SHOWN ")[1])
    pages = [html for _, html in shown if html]
    assert any("<mark" in page for page in pages)
    assert any("<caption>Student</caption>" in page for page in pages)
