"""SIGTERM and SIGHUP stop a verb as Ctrl-C does: replies are stored, and the verb resumes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import command, environment_of
from tests.e2e.test_nothing_usable import GOOD, TEXTS, TOML
from tests.integration.teacher.batch_server import BatchServer
from tests.integration.teacher.conftest import Answer, FaultServer
from tests.integration.teacher.conftest import api as api  # noqa: PLC0414
from tests.integration.teacher.conftest import server as server  # noqa: PLC0414
from tests.integration.teacher.test_interruption import stored
from tests.tiny import make_encoder

STOPPED = "vermeil: error: stopped; no partial file is left, and the same command continues"
CODES = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}


@pytest.fixture
def project(tmp_path: Path, server: FaultServer) -> Path:
    """A configuration with thirty documents."""
    (tmp_path / "vermeil.toml").write_text(TOML.replace("URL", server.base_url))
    (tmp_path / "pool.txt").write_text("".join(f"{text}\n" for text in TEXTS))
    gold = ({"id": str(n), "text": f"Bo {n}.", "spans": []} for n in range(20))
    (tmp_path / "gold.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in gold))
    return tmp_path


def slow(number: int, seen: object) -> Answer:
    """Return a good answer after a moment; the later ones never come."""
    return Answer(GOOD.content, stall=0.3 if number < 12 else 600)


@contextmanager
def running(folder: Path, *arguments: str, ready: Callable[[], bool]) -> Iterator[Any]:
    """Yield a process of the command line that has reached a point; kill it at the end."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=environment_of(200) | {"OPENAI_API_KEY": "key"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        give_up = time.monotonic() + 120
        while not ready():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < give_up
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.communicate()


def stop(process: Any, number: signal.Signals) -> None:
    """Send a signal, and check message and exit code."""
    process.send_signal(number)
    _, printed = process.communicate(timeout=120)
    assert process.returncode == CODES[number], printed
    assert STOPPED in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("number", CODES)
def test_annotation_stores_replies_in_flight_and_resumes(
    vermeil: Any, project: Path, server: FaultServer, number: signal.Signals
) -> None:
    server.script = slow
    store = project / "vermeil-run" / "replies.sqlite"
    with running(project, "annotate", "-q", ready=lambda: len(server.seen) >= 11) as process:
        stop(process, number)
    sent = {text for text in server.asked[:12] if text in TEXTS}
    assert stored(store) >= sent & set(server.answered)
    assert len(stored(store)) >= 11
    kept, before = stored(store), len(server.seen)
    server.script = lambda number, seen: GOOD
    assert vermeil("annotate", "-q").returncode == 0
    assert not kept & set(server.asked[before:])
    assert len(stored(store)) == len(TEXTS)


@pytest.mark.parametrize("verb", ["run", "pilot"])
def test_verbs_that_send_requests_stop_and_resume(
    vermeil: Any, project: Path, server: FaultServer, verb: str
) -> None:
    server.script = lambda number, seen: Answer(GOOD.content, stall=0.3 if number < 3 else 600)
    with running(project, verb, "-q", ready=lambda: len(server.seen) >= 3) as process:
        stop(process, signal.SIGTERM)
    kept, before = stored(project / "vermeil-run" / "replies.sqlite"), len(server.seen)
    assert len(kept) >= 3
    server.script = lambda number, seen: GOOD
    vermeil("annotate" if verb == "run" else verb, "-q")
    assert not kept & set(server.asked[before:]) or verb == "pilot"


def test_batches_continue_at_the_server(vermeil: Any, project: Path, api: BatchServer) -> None:
    toml = (project / "vermeil.toml").read_text()
    lines = [f'base_url = "{api.url}"' if "base_url" in one else one for one in toml.split("\n")]
    (project / "vermeil.toml").write_text("\n".join(lines))
    api.faults.looks = 10_000
    with running(project, "annotate", "--batch", "-q", ready=lambda: bool(api.made)) as process:
        time.sleep(0.3)
        stop(process, signal.SIGTERM)
    api.faults.looks = 1
    done = vermeil("annotate", "--batch", "-q", environment={"OPENAI_API_KEY": "key"})
    assert done.returncode == 0, done.stderr
    assert len(api.made) == 1


def test_process_in_the_background_of_a_script_is_stopped(
    project: Path, server: FaultServer
) -> None:
    """There, SIGINT is ignored, so it has no effect; SIGTERM still ends requests in flight."""
    server.script = slow
    script = f"{' '.join(command('annotate', '-q'))} & echo $!; wait $!; echo $?"
    shell = subprocess.Popen(
        ["/bin/sh", "-c", script],
        cwd=project,
        env=environment_of(200),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert shell.stdout is not None
        number = shell.stdout.readline().strip()
        give_up = time.monotonic() + 120
        while len(server.seen) < 11:
            assert time.monotonic() < give_up
            time.sleep(0.01)
        subprocess.run(["/bin/kill", "-INT", number], check=True)
        subprocess.run(["/bin/kill", "-TERM", number], check=True)
        output, printed = shell.communicate(timeout=60)
    finally:
        shell.kill()
        shell.communicate()
    assert output.split() == ["143"]
    assert STOPPED in printed
    assert len(stored(project / "vermeil-run" / "replies.sqlite")) >= 11


@pytest.fixture
def training(tmp_path: Path, newswire: Path) -> Path:
    """Gold, test and a tiny encoder, with a training that takes minutes."""
    lines = (newswire / "train.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "gold.jsonl").write_text("".join(lines[:40]), "utf-8")
    (tmp_path / "test.jsonl").write_text("".join(lines[40:60]), "utf-8")
    make_encoder(tmp_path / "tiny")
    labels = "".join(f"[task.labels.{name}]\n" for name in ("PER", "ORG", "LOC", "MISC"))
    (tmp_path / "vermeil.toml").write_text(
        f"{labels}[corpora]\ngold = 'gold.jsonl'\ntest = 'test.jsonl'\n"
        "[student]\nencoder = 'tiny'\nthreads = 1\ncheckpoint_seconds = 0.1\n"
        "[blending]\nregimen = 'gold_only'\n[blending.budget]\ngold_epochs = 20000\n"
        "[study]\nregimens = ['gold_only']\nbaseline = 'gold_only'\nseeds = [0, 1]\nworkers = 2\n"
    )
    return tmp_path


@pytest.mark.slow
def test_training_stops_with_a_checkpoint(training: Path) -> None:
    state = training / "vermeil-run" / "model.checkpoint" / "state.pt"
    with running(training, "train", "-q", ready=state.exists) as process:
        stop(process, signal.SIGTERM)
    assert state.stat().st_size > 0
    assert not (training / "vermeil-run" / "model").exists()


@pytest.mark.slow
def test_study_stops_at_once_with_its_processes(training: Path) -> None:
    import psutil

    below: list[Any] = []

    def working() -> bool:
        found = [one for one in psutil.Process().children(recursive=True) if is_cell(one)]
        below[:] = found
        return len(found) >= 2

    def is_cell(process: Any) -> bool:
        try:
            return "spawn_main" in " ".join(process.cmdline())
        except psutil.Error:
            return False

    with running(training, "study", "-q", ready=working) as process:
        time.sleep(3)
        stop(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(below, timeout=30)
    assert not alive


@pytest.mark.slow
def test_prediction_stops_and_resumes(vermeil: Any, training: Path) -> None:
    short = ("--set", "blending.budget.gold_epochs=1")
    done = vermeil("train", "-q", *short)
    assert done.returncode == 0, done.stderr
    text = "Ada went to Oslo with Bo, and Bo stayed. " * 12
    lines = (json.dumps({"id": str(n), "text": f"{n} {text}"}) + "\n" for n in range(4_000))
    (training / "in.jsonl").write_text("".join(lines))
    predict = ("predict", "vermeil-run/model", "in.jsonl", "-o", "out.jsonl", "--resume", "-q")

    def has_begun() -> bool:
        return any(one.stat().st_size > 0 for one in training.glob("*out.jsonl*"))

    with running(training, *predict, ready=has_begun) as process:
        stop(process, signal.SIGTERM)
    assert vermeil(*predict).returncode == 0
    assert len((training / "out.jsonl").read_text("utf-8").splitlines()) == 4_000
