"""``vermeil serve`` as its users start and end it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task

pytest.importorskip("fastapi")


def test_it_answers_asks_for_its_token_and_ends_when_told(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(tmp_path / "model", {})
    with subprocess.Popen(
        [sys.executable, "-m", "vermeil", "serve", str(tmp_path / "model"), "--port", "0"],
        env={**os.environ, "VERMEIL_TOKEN": "t"},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            address = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
            assert address is not None
            request = urllib.request.Request(
                f"{address[0]}/v1/predict",
                json.dumps({"text": "Bo met Al"}).encode(),
                {"Content-Type": "application/json"},
            )
            with pytest.raises(urllib.error.HTTPError, match="401") as refused:
                urllib.request.urlopen(request, timeout=60)
            refused.value.close()
            request.add_header("Authorization", "Bearer t")
            with urllib.request.urlopen(request, timeout=60) as response:
                assert json.load(response)["text"] == "Bo met Al"
        finally:
            process.send_signal(signal.SIGTERM)
            told = process.communicate(timeout=60)[1]
    assert "Traceback" not in told
    assert process.returncode == -signal.SIGTERM
