"""Nothing leaves the machine: the system calls of real processes, as strace records them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path

import pytest

from vermeil.jobs.export import export
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task
from vermeil.teacher.replay.server import ReplayServer

STAY = 60
"""Seconds that a process lives on: libraries report in the background, and only after a while."""

JOBS = """
import sys, time
from pathlib import Path

import vermeil
from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.student.config import StudentConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig
from vermeil.training.job import TrainJob

base_url, encoder, texts, stay = sys.argv[1:]
task = make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))
pool = [Document(str(i), line) for i, line in enumerate(Path(texts).read_text().splitlines())]
report = vermeil.annotate(
    pool, task, TeacherConfig(base_url=base_url, model="recorded"), Path("replies.sqlite")
)
print("annotated", len(pool))
gold = [
    Document(f"d{i}", f"Bo{i} went home", annotation=Annotation(spans=(Span(0, 3, "PER"),)))
    for i in range(8)
]
budget = BudgetConfig(gold_epochs=2, silver_epochs=2, batch_wordpieces=128)
blending = BlendingConfig(regimen="gold_only", budget=budget)
for name in (encoder, "embedded"):
    student = StudentConfig(encoder=name, threads=1)
    job = TrainJob(gold=gold, task=task, student=student, blending=blending)
    vermeil.train(job, Path("model"))
print("trained")
list(vermeil.predict(Path("model"), ["Bo met Al"]))
vermeil.export(Path("model"), Path("onnx"), gold, int8=vermeil.Int8Options(max_f1_loss=1.0))
print("exported")
for precision in ("fp32", "int8"):
    list(vermeil.predict(Path("onnx"), ["Bo met Al"], precision=precision))
print("predicted")
sys.stdout.flush()
time.sleep(float(stay))
"""

CALLS = re.compile(r"^\d+\s+(?:connect|sendto|sendmsg|sendmmsg)\(")
ADDRESS = re.compile(r"\{sa_family=(AF_\w+)(.*?)\}")
LOCAL = re.compile(r'inet_addr\("127\.|inet_pton\(AF_INET6, "(?:::1|::ffff:127\.[\d.]+)"')
RESOLVERS = ("htons(53)", "htons(853)", "io.systemd.Resolve")
"""DNS over the network, also where the resolver is on loopback, and systemd's over a socket."""


@pytest.fixture(scope="module")
def strace() -> str:
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed; it records system calls, on Linux only")
    tried = subprocess.run([program, "-f", "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("strace may not trace processes here (ptrace is not permitted)")
    return program


def test_traffic_is_recognised() -> None:
    lines = [
        '7 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16',
        "7 connect(3, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), "
        'inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = 0',
        '7 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = -1 ENOENT',
        "7 sendto(3, [{nlmsg_len=20}], 20, 0, {sa_family=AF_NETLINK, nl_pid=0}, 12) = 20",
        '7 connect(3, {sa_family=AF_UNSPEC, sa_data="\\0"}, 16) = 0',
        '7 sendto(3, "x", 1, MSG_NOSIGNAL, NULL, 0) = 1',
        '7 bind(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("0.0.0.0")}, 16) = 0',
    ]
    assert outward(lines) == []
    bad = [
        '7 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.5")}, 16',
        '7 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("1.2.7.1")}, 16',
        '7 sendto(3, "x", 1, 0, {sa_family=AF_INET6, sin6_port=htons(443), '
        'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = 1',
        "7 sendmmsg(3, [{msg_hdr={msg_name={sa_family=AF_INET, sin_port=htons(9), "
        'sin_addr=inet_addr("10.0.0.1")}, msg_namelen=16}}], 1, 0) = 1',
        '7 connect(3, {sa_family=AF_UNIX, sun_path="/run/systemd/resolve/io.systemd.Resolve"}, 42',
    ]
    assert outward([*lines, *bad]) == bad


@pytest.mark.slow
def test_no_job_connects_to_anything_but_loopback(
    strace: str, encoder: Path, task: Task, newswire: Path, tmp_path: Path
) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("fastapi")
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(tmp_path / "model", {})
    export(tmp_path / "model", tmp_path / "served")
    with (newswire / "pool.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in islice(lines, 5)]
    (tmp_path / "texts.txt").write_text("\n".join(texts), "utf-8")

    with (
        ReplayServer({"recorded": newswire / "replies.standard.jsonl"}) as teacher,
        ExitStack() as end,
    ):
        arguments = (teacher.base_url, str(encoder), "texts.txt", str(STAY))
        jobs = traced(strace, tmp_path, "jobs", "-c", JOBS, *arguments)
        end.callback(stop, jobs)
        serving = traced(
            strace, tmp_path, "serving", "-m", "vermeil", "serve", "served", "--port", "0"
        )
        end.callback(stop, serving)
        predict_over_http(serving, tmp_path / "serving.err")
        time.sleep(STAY)
        assert jobs.wait(600) == 0, (tmp_path / "jobs.err").read_text()
    assert (tmp_path / "jobs.out").read_text().splitlines() == [
        "annotated 5",
        "trained",
        "exported",
        "predicted",
    ]
    for name in ("jobs", "serving"):
        calls = (tmp_path / f"{name}.strace").read_text("utf-8", "replace").splitlines()
        assert any(CALLS.match(line) or "accept" in line for line in calls), "strace saw nothing"
        assert outward(calls) == []


def traced(strace: str, folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start Python under strace, with the settings of a user who has set nothing."""
    switches = re.compile(r"HF_|ORT_|DO_NOT_TRACK|DISABLE_TELEMETRY|OPENAI_|VERMEIL_TOKEN")
    environment = {k: v for k, v in os.environ.items() if not switches.match(k)}
    record = ["-o", str(folder / f"{name}.strace"), "-s", "120"]
    with (folder / f"{name}.out").open("wb") as out, (folder / f"{name}.err").open("wb") as err:
        return subprocess.Popen(
            [strace, "-f", "-e", "trace=network", *record, sys.executable, *arguments],
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End strace and, because strace holds signals back, the process that it traces."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait(60)


def predict_over_http(serving: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 300
    while (address := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())) is None:
        assert serving.poll() is None, log.read_text()
        assert time.monotonic() < give_up, "the service does not start"
        time.sleep(0.2)
    request = urllib.request.Request(
        f"{address[0]}/v1/predict",
        json.dumps({"text": "Bo met Al"}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert json.load(response)["text"] == "Bo met Al"


def outward(lines: Iterable[str]) -> list[str]:
    """Return the calls that address another machine, or look up a name."""
    return [line for line in lines if CALLS.match(line) and _is_outward(line)]


def _is_outward(line: str) -> bool:
    for family, rest in ADDRESS.findall(line):
        if any(resolver in rest for resolver in RESOLVERS):
            return True
        if family in ("AF_INET", "AF_INET6") and not LOCAL.search(rest):
            return True
    return False
