"""Ctrl-C while a job is on a cluster of this machine: it ends soon, and is no success."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tests.toys import sentences

from vermeil.corpora import write_corpus

pytestmark = pytest.mark.cluster

TOML = """
[task]
name = "ner"
labels = {{ PER = {{}}, LOC = {{}} }}
[corpora]
gold = "gold.jsonl"
dev = "dev.jsonl"
[student]
encoder = "{encoder}"
[blending]
regimen = "gold_only"
budget = {{ gold_epochs = 3000, batch_wordpieces = 128 }}
[tune]
space = {{ "student.learning_rate" = [1e-3, 1e-2] }}
[cluster]
address = "local"
workers = 1
"""


@pytest.mark.parametrize("verb", ["train", "tune"])
def test_it_ends_and_says_so(verb: str, encoder: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason='Ray is not installed: pip install "vermeil[ray]"')
    (tmp_path / "vermeil.toml").write_text(TOML.format(encoder=encoder), "utf-8")
    documents = sentences(30)
    write_corpus(documents[:20], tmp_path / "gold.jsonl", "jsonl")
    write_corpus(documents[20:], tmp_path / "dev.jsonl", "jsonl")
    log = tmp_path / "log"
    command = [sys.executable, "-m", "vermeil", verb]
    with log.open("w") as out:
        job = subprocess.Popen(
            command, cwd=tmp_path, stdout=out, stderr=out, start_new_session=True
        )
    until = time.monotonic() + 120
    while f"{verb}: " not in log.read_text():
        assert job.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.2)
    below = psutil.Process(job.pid).children(recursive=True)
    job.send_signal(signal.SIGINT)
    assert job.wait(timeout=60) == 130, log.read_text()
    assert "stopped" in log.read_text()
    _, alive = psutil.wait_procs(below, timeout=30)
    assert not alive
