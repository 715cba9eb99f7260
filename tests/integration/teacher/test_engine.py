"""A real open inference engine as teacher: llama-cpp-python's server over a tiny random model.

It is looked for in this Python, or in the one that ``VERMEIL_ENGINE`` names:
``python -m venv engine; engine/bin/pip install "llama-cpp-python[server]"`` (compiles for some
minutes), then ``VERMEIL_ENGINE=engine/bin/python``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import gguf_files
from tests.integration.teacher.engines import CLEAN, serving

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.locate import locate
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.teacher.backends.registry import list_models
from vermeil.teacher.config import TeacherConfig

pytestmark = pytest.mark.slow
ENGINE = os.environ.get("VERMEIL_ENGINE", sys.executable)
DOCUMENTS = [Document(f"d{i}", f"Ann left town number {i}.") for i in range(3)]
LABELS = {"PER": LabelConfig(), "LOC": LabelConfig()}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of the engine."""
    probe = [ENGINE, "-c", "import llama_cpp.server.app"]
    found = subprocess.run(probe, capture_output=True, env=CLEAN, check=False, timeout=120)
    if found.returncode != 0:
        pytest.skip("no llama-cpp-python[server] in this Python, nor in that of VERMEIL_ENGINE")
    folder = tmp_path_factory.mktemp("engine")
    model, script = folder / "tiny.gguf", Path(gguf_files.__file__)
    subprocess.run([ENGINE, script, model], env=CLEAN, check=True, timeout=120)

    def command(port: int) -> list[str]:
        serve = [ENGINE, "-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", str(port)]
        sizes = ["--n_ctx", "4096", "--n_threads", "1"]
        return [*serve, "--model", str(model), *sizes, "--chat_format", "chatml"]

    with serving(command, folder / "log") as base_url:
        yield base_url


@pytest.fixture
def teacher(engine: str, monkeypatch: pytest.MonkeyPatch) -> TeacherConfig:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (model,) = list_models(TeacherConfig(base_url=engine)) or ()
    return TeacherConfig(
        base_url=engine,
        model=model,
        temperature=1.0,
        max_tokens=200,
        concurrency=1,
        retries=0,
        timeout=300,
        extra={"seed": 7},
    )


@pytest.mark.parametrize("name", ["ner", "classification"])
def test_replies_that_are_held_to_the_schema_can_be_read_though_the_model_knows_nothing(
    name: str, teacher: TeacherConfig, tmp_path: Path
) -> None:
    task = make_task(TaskConfig.model_validate({"name": name, "labels": LABELS}))
    held = teacher.model_copy(update={"structured": "llama_cpp"})
    report = annotate(DOCUMENTS, task, held, tmp_path / "replies.sqlite")
    assert sum(report.states.values()) == len(DOCUMENTS)
    # A random model may write on and on within a string; but never anything that is not JSON.
    assert set(report.states) <= {State.DONE, State.EMPTY, State.TRUNCATED}
    assert set(report.states) & {State.DONE, State.EMPTY}
    assert report.ask_report.usage.completion_tokens > 0
    located = locate(DOCUMENTS, task, held, tmp_path / "replies.sqlite")
    assert located.states == report.states
    for document in located.documents:
        task.check(document)


def test_replies_that_are_not_held_to_it_cannot_be_read(
    teacher: TeacherConfig, tmp_path: Path
) -> None:
    task = make_task(TaskConfig(labels=LABELS))
    free = teacher.model_copy(update={"max_tokens": 30})
    report = annotate(DOCUMENTS[:1], task, free, tmp_path / "replies.sqlite")
    assert set(report.states) <= {State.UNPARSABLE, State.TRUNCATED}


def test_a_form_that_the_engine_does_not_know_is_reported_with_the_setting(
    teacher: TeacherConfig, tmp_path: Path
) -> None:
    task = make_task(TaskConfig(labels=LABELS))
    strict = teacher.model_copy(update={"structured": "json_schema"})
    with pytest.raises(TeacherError, match=r'teacher\.structured = "json_schema".*"llama_cpp"'):
        annotate(DOCUMENTS, task, strict, tmp_path / "replies.sqlite")
