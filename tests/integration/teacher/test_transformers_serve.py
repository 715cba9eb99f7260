"""A real open inference engine as teacher: ``transformers serve`` over a tiny random model.

It knows no schemas: ``response_format`` is taken and ignored, so that what comes is what the model
writes, here never JSON. That everything reconciles all the same is what is tested.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.teacher.engines import CLEAN, serving

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.locate import locate
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.teacher.config import TeacherConfig

pytestmark = pytest.mark.slow
DOCUMENTS = [Document(f"d{i}", f"Ann left town number {i}.") for i in range(3)]
TASK = make_task(TaskConfig(labels={"PER": LabelConfig(), "LOC": LabelConfig()}))
UNUSABLE = {State.UNPARSABLE, State.TRUNCATED}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the model."""
    pytest.importorskip("fastapi", reason="transformers serve needs fastapi and uvicorn")
    pytest.importorskip("uvicorn", reason="transformers serve needs fastapi and uvicorn")
    pytest.importorskip("accelerate", reason="transformers serve needs accelerate")
    folder = tmp_path_factory.mktemp("tiny")
    script = Path(__file__).with_name("tiny_transformers.py")
    subprocess.run([sys.executable, script, folder], env=CLEAN, check=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[str]:
    """Base URL of the engine."""

    def command(port: int) -> list[str]:
        start = "from transformers.cli.transformers import main; main()"
        place = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
        return [sys.executable, "-c", start, "serve", str(folder), *place]

    with serving(command, folder / "log") as base_url:
        yield base_url


@pytest.fixture
def teacher(engine: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> TeacherConfig:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return TeacherConfig(
        base_url=engine, model=str(folder), max_tokens=30, concurrency=2, retries=0, timeout=120
    )


@pytest.mark.parametrize("structured", ["off", "json_schema", "json_object", "llama_cpp"])
def test_the_whole_path_reconciles_though_no_reply_can_be_read(
    structured: str, teacher: TeacherConfig, tmp_path: Path
) -> None:
    store = tmp_path / "replies.sqlite"
    asked = teacher.model_copy(update={"structured": structured})
    report = annotate(DOCUMENTS, TASK, asked, store)
    assert sum(report.states.values()) == len(DOCUMENTS) == report.ask_report.attempts
    assert set(report.states) <= UNUSABLE
    # The engine counts the tokens of the prompt and stops at the requested length.
    assert report.ask_report.usage.prompt_tokens > 0
    assert 0 < report.ask_report.usage.completion_tokens <= 30 * len(DOCUMENTS)
    located = locate(DOCUMENTS, TASK, asked, store)
    assert located.states == report.states
    assert [document.spans for document in located.documents] == [None] * len(DOCUMENTS)
    again = annotate(DOCUMENTS, TASK, asked, store)
    assert (again.ask_report.sent, again.states) == (0, report.states)


def test_a_form_that_the_engine_does_not_know_is_reported_with_the_setting(
    teacher: TeacherConfig, tmp_path: Path
) -> None:
    strict = teacher.model_copy(update={"structured": "vllm"})
    with pytest.raises(TeacherError, match=r'teacher\.structured = "vllm".*"json_schema"'):
        annotate(DOCUMENTS, TASK, strict, tmp_path / "replies.sqlite")
