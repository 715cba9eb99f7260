"""Processes of a local teacher: how they end, and llama.cpp's own program as engine."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from tests.gguf_files import write_tiny_model
from tests.integration.teacher.local_engine import ONE_SLOT, request, teacher, wait_for_end

from vermeil.data.document import Document
from vermeil.errors import ConfigError, TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.backends.local.engines import find_engine
from vermeil.teacher.backends.local.online import LocalBackend

pytest.importorskip("xllamacpp", reason="the engine xllamacpp is not installed")

DOCUMENTS = [Document(f"d{i}", f"Ann left town number {i}.") for i in range(4)]
TASK = make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))
HOLDER = """
import sys, time, os
from pathlib import Path
from vermeil.teacher.backends.local.engine_process import EngineProcess, EngineSettings
from vermeil.teacher.backends.local.engines import Engine
from vermeil.teacher.backends.local.layout import EngineLayout

name, program, model, forks = sys.argv[1:]
layout = EngineLayout(1, 1, 1, 512)
process = EngineProcess(EngineSettings.make(Engine(name, program), Path(model), layout))
process.start()
print(process.pid, flush=True)
if forks == "yes" and os.fork() == 0:
    time.sleep(120)  # holds the other end of the engine's input
print("ready", flush=True)
time.sleep(120)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a tiny model with random weights."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_tiny_model(path)
    return path


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program with the name and options of llama-server on PATH; return its path."""
    path = tmp_path / "bin" / "llama-server"
    path.parent.mkdir()
    script = Path(__file__).with_name("llama_server.py")
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    return path


def tree_of(pid: int) -> list[int]:
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def killed_holder(arguments: Sequence[str]) -> list[int]:
    """Start an engine in a process of its own, kill that process; return the engine's processes."""
    command = [sys.executable, "-c", HOLDER, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        engine = tree_of(int(holder.stdout.readline()))
        assert holder.stdout.readline() == "ready\n"
        forked = [pid for pid in tree_of(holder.pid)[1:] if pid not in engine]
        holder.kill()
    for pid in engine:
        wait_for_end(pid)
    for pid in forked:
        os.kill(pid, signal.SIGKILL)
    return engine


@pytest.mark.parametrize("forks", ["no", "yes"])
def test_engine_ends_with_a_parent_that_is_killed(forks: str, model: Path) -> None:
    assert len(killed_holder(["xllamacpp", "xllamacpp", str(model), forks])) == 1


def test_program_ends_with_a_parent_that_is_killed(model: Path, program: Path) -> None:
    assert len(killed_holder(["llama-server", str(program), str(model), "no"])) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_program_ends_with_its_supervisor(model: Path, program: Path) -> None:
    async def run() -> None:
        backend = LocalBackend(teacher(model, {**ONE_SLOT, "engine": "llama-server"}))
        try:
            await backend.complete(request())
            (process,) = backend.group.processes
            assert process.pid is not None
            supervisor, child = tree_of(process.pid)
            os.kill(supervisor, signal.SIGKILL)
            await asyncio.to_thread(wait_for_end, child)
            assert await asyncio.to_thread(process.wait, 60) is not None
            await backend.complete(request())
        finally:
            await backend.aclose()

    asyncio.run(run())


def test_program_that_dies_is_started_again(model: Path, program: Path) -> None:
    async def run() -> None:
        backend = LocalBackend(teacher(model, {**ONE_SLOT, "engine": "llama-server"}))
        try:
            await backend.complete(request())
            (process,) = backend.group.processes
            assert process.pid is not None
            _, child = tree_of(process.pid)
            os.kill(child, signal.SIGKILL)
            # The system may list the process as ended before its last thread is gone.
            assert await asyncio.to_thread(process.wait, 60) is not None
            await backend.complete(request())
            assert child not in tree_of(process.pid)
        finally:
            await backend.aclose()

    asyncio.run(run())


def test_documents_are_annotated_by_the_program(model: Path, program: Path, tmp_path: Path) -> None:
    local = {**ONE_SLOT, "engine": "llama-server"}
    held = teacher(model, local, structured="json_schema", logprobs=True)
    report = annotate(DOCUMENTS, TASK, held, tmp_path / "replies.sqlite")
    assert sum(report.states.values()) == len(DOCUMENTS)


def test_program_that_fails_at_once_is_an_error_with_its_message(
    model: Path, program: Path, tmp_path: Path
) -> None:
    program.write_text("#!/bin/sh\necho 'error: unknown argument' >&2\nexit 3\n")
    local = {**ONE_SLOT, "engine": "llama-server"}
    with pytest.raises(TeacherError, match="ended with status 3: error: unknown argument"):
        annotate(DOCUMENTS, TASK, teacher(model, local), tmp_path / "replies.sqlite")


def test_first_installed_engine_is_the_default(program: Path, model: Path) -> None:
    assert find_engine(teacher(model)).name == "xllamacpp"
    chosen = find_engine(teacher(model, {"engine": "llama-server"}))
    assert (chosen.name, chosen.program) == ("llama-server", str(program))


def test_engine_that_is_not_installed_is_an_error(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="llama-server on PATH"):
        find_engine(teacher(model, {"engine": "llama-server"}))


def test_interrupted_start_leaves_no_process(model: Path, tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from tests.integration.teacher.local_engine import teacher\n"
        "from vermeil.teacher.backends.local.online import LocalBackend\n"
        "async def run():\n"
        "    backend = LocalBackend(teacher(sys.argv[1]))\n"
        "    starting = asyncio.ensure_future(backend.start())\n"
        "    await asyncio.sleep(float(sys.argv[2]))\n"
        "    await backend.aclose()\n"
        "    import psutil\n"
        "    print([one.pid for one in psutil.Process().children(recursive=True)])\n"
        "asyncio.run(run())\n"
    )
    for seconds in ("0", "0.02", "0.1"):
        command = [sys.executable, "-c", code, str(model), seconds]
        root = Path(__file__).resolve().parents[3]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=root, timeout=60, check=False
        )
        assert done.stdout == "[]\n", done.stderr
