"""Ctrl-C during a job on a local cluster: it ends soon with exit status 130."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tests.integration.cluster.conftest import write_project

pytestmark = pytest.mark.cluster

REST = """
blending.budget.gold_epochs = 3000
cluster.address = "local"
cluster.workers = 1
"""


@pytest.mark.parametrize("verb", ["train", "tune"])
def test_an_interrupted_job_ends_with_a_message(verb: str, encoder: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason='Ray is not installed: pip install "vermeil[ray]"')
    write_project(tmp_path, encoder, REST, number=30)
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
