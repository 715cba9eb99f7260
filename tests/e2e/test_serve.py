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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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
    with started(tmp_path / "model", VERMEIL_TOKEN="t") as process:
        try:
            request = asked(address_of(process), {"text": "Bo met Al"})
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


def test_a_request_that_is_under_way_is_answered_before_the_end(
    encoder: Path, task: Task, tmp_path: Path
) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(tmp_path / "model", {})
    documents = [{"text": "Bo met Al in Rome . " * 45}] * 50
    with started(tmp_path / "model") as process, ThreadPoolExecutor(1) as client:
        address = address_of(process)
        answer = client.submit(answered, asked(address, documents))
        while (waiting := in_the_model(address)) == 0 and not answer.done():
            pass
        process.send_signal(signal.SIGTERM)
        assert waiting > 0, "the request was over before the signal"
        found = answer.result()
        told = process.communicate(timeout=60)[1]
    assert len(found) == 50
    assert all(document["spans"] is not None for document in found)
    assert "Traceback" not in told
    with pytest.raises(urllib.error.URLError):
        in_the_model(address)


def started(model: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "vermeil", "serve", str(model), "--port", "0"],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


def address_of(process: subprocess.Popen[str]) -> str:
    """Return the address of a service, after it printed everything that it prints at its start."""
    assert process.stderr is not None
    serving, example = process.stderr.readline(), process.stderr.readline()
    address = re.search(r"http://127\.0\.0\.1:\d+", serving)
    assert address is not None
    assert example.startswith("try: curl ")
    return address[0]


def asked(address: str, body: object) -> urllib.request.Request:
    headers = {"Content-Type": "application/json"}
    return urllib.request.Request(f"{address}/v1/predict", json.dumps(body).encode(), headers)


def answered(request: urllib.request.Request) -> Any:
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


def in_the_model(address: str) -> float:
    """Return the wordpieces that wait or are predicted."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=60) as response:
        numbers = response.read().decode()
    [line] = re.findall(r"^vermeil_waiting_wordpieces (.*)$", numbers, re.MULTILINE)
    return float(line)


def test_ctrl_c_is_a_normal_end(encoder: Path, task: Task, tmp_path: Path) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(tmp_path / "model", {})
    with started(tmp_path / "model") as process:
        address = address_of(process)
        assert in_the_model(address) == 0
        process.send_signal(signal.SIGINT)
        printed = process.communicate(timeout=60)[1]
    assert (process.returncode, printed) == (0, "")


@pytest.mark.parametrize("token", ["secret\n", "\r\n", " secret", "secret\t", "schlüssel", "a\x7f"])
def test_a_token_that_no_request_can_match_is_refused(
    encoder: Path, task: Task, tmp_path: Path, token: str
) -> None:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(tmp_path / "model", {})
    with started(tmp_path / "model", VERMEIL_TOKEN=token) as process:
        printed = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert printed.startswith("vermeil: error: VERMEIL_TOKEN: the token ")
    assert "secret" not in printed
