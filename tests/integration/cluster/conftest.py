"""A Ray cluster of several nodes on this machine, whose nodes can be killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest
from tests.toys import sentences

from vermeil.cluster.config import ClusterConfig
from vermeil.corpora import write_corpus

# Ray keeps a token in the home folder once any local cluster was started there, and then some of
# its processes ask for it and some do not; these clusters are on loopback and need none.
os.environ["RAY_AUTH_MODE"] = "disabled"

CONFIG = ClusterConfig(address="auto", cpus=1, retries=3, chunk_documents=8)

# On loopback; Ray would replace 127.0.0.1 by a public address.
LOOPBACK = "127.0.0.2"
# For a cluster whose nodes are not killed: Ray's client server finds its node by address, and on
# one machine killed nodes have the address of running nodes.
LOOPBACK_OF_CLIENTS = "127.0.0.3"

# Warnings of Python 3.11 and later that Ray itself causes.
NOISE = (
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::DeprecationWarning:ray.*",
    "ignore::FutureWarning:ray.*",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            for filter_ in NOISE:
                item.add_marker(pytest.mark.filterwarnings(filter_))


PROJECT = """
corpora.gold = "gold.jsonl"
corpora.dev = "dev.jsonl"
task.name = "ner"
task.labels = {{ PER = {{}}, LOC = {{}} }}
student.encoder = "{encoder}"
blending.regimen = "gold_only"
blending.budget.batch_wordpieces = 128
tune.space = {{ "student.learning_rate" = [1e-3, 1e-2] }}
"""


class Nodes:
    """The nodes of a cluster: the head, and workers with one CPU each.

    Each is a separate ``ray start``, bound to loopback; its processes die with it.

    Args:
        folder: folder for Ray's files.
        ip: address of all nodes.
        cpus: CPUs of the head.
    """

    def __init__(self, folder: Path, ip: str = LOOPBACK, cpus: int = 0) -> None:
        from vermeil.cluster.connection import require_ray

        self._ray = require_ray()
        self._folder, self._ip = folder, ip
        self.workers: list[subprocess.Popen[bytes]] = []
        ports = [free_port(ip), free_port(ip)]
        self._address, self.client_address = f"{ip}:{ports[0]}", f"ray://{ip}:{ports[1]}"
        options = ("--include-dashboard=false", f"--temp-dir={folder}", f"--num-cpus={cpus}")
        entrances = (f"--port={ports[0]}", f"--ray-client-server-port={ports[1]}")
        self._head = self._start("--head", *entrances, *options)
        self._wait(lambda: all(is_open(ip, port) for port in ports))

    def _wait(self, for_: Callable[[], bool]) -> None:
        until = time.monotonic() + 120
        while not for_():
            assert time.monotonic() < until, (self._folder / "starts.log").read_text()
            time.sleep(0.1)

    def _start(self, *options: str) -> subprocess.Popen[bytes]:
        common = (f"--node-ip-address={self._ip}", f"--object-store-memory={80 * 2**20}", "--block")
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *common, *options]
        with (self._folder / "starts.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def add(self) -> None:
        """Start a worker node with one CPU."""
        self.workers.append(self._start(f"--address={self._address}", "--num-cpus=1"))

    def kill(self) -> None:
        """Kill all processes of the oldest worker node."""
        _kill(self.workers.pop(0))

    def connect(self) -> None:
        """Connect this process to the head."""
        self._ray.init(
            self._address, _node_ip_address=self._ip, log_to_driver=False, logging_level="ERROR"
        )

    def disconnect(self) -> None:
        """Disconnect this process from the head."""
        self._ray.shutdown()

    def wait_for(self, cpus: int) -> None:
        """Wait until ``cpus`` CPUs are available; on a busy machine Ray may give up a node."""

        def are_available() -> bool:
            for node in [n for n in self.workers if n.poll() is not None]:
                self.workers.remove(node)
                self.add()
            return bool(self._ray.cluster_resources().get("CPU", 0) >= cpus)

        self._wait(are_available)

    def close(self) -> None:
        """Kill all nodes."""
        for node in (*self.workers, self._head):
            _kill(node)


def free_port(ip: str) -> int:
    """Return an unused port."""
    with socket.socket() as trial:
        trial.bind((ip, 0))
        return int(trial.getsockname()[1])


def is_open(ip: str, port: int) -> bool:
    """Return whether a server listens on a port."""
    with socket.socket() as trial:
        return trial.connect_ex((ip, port)) == 0


def _kill(node: subprocess.Popen[bytes]) -> None:
    """Kill a node's processes; the parent last, so that all children are found."""
    for process in psutil.Process(node.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    node.kill()
    node.wait()


@contextmanager
def ray_folder() -> Iterator[Path]:
    """Yield a folder for Ray, and put the repository on the import path of its processes."""
    pytest.importorskip("ray", reason='Ray is not installed: pip install "vermeil[ray]"')
    root = Path(__file__).parents[3]
    paths = [str(root / "src"), str(root), os.environ.get("PYTHONPATH", "")]
    with (
        pytest.MonkeyPatch.context() as patch,
        # Not tmp_path: the folder holds sockets, whose paths must be short.
        TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder,
    ):
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        yield Path(folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Nodes]:
    """A head without CPUs, to which this process is connected."""
    with ray_folder() as folder:
        nodes = Nodes(folder)
        try:
            nodes.connect()
            yield nodes
        finally:
            nodes.disconnect()
            nodes.close()


@pytest.fixture
def client_address() -> Iterator[str]:
    """Client address of a cluster of one node with two CPUs, outside this process."""
    with ray_folder() as folder:
        nodes = Nodes(folder, LOOPBACK_OF_CLIENTS, cpus=2)
        try:
            yield nodes.client_address
        finally:
            nodes.close()


def write_project(folder: Path, encoder: Path, rest: str, number: int = 60) -> None:
    """Write toy gold and dev corpora, and a vermeil.toml that names them and ends with ``rest``."""
    documents = sentences(number)
    write_corpus(documents[: number * 2 // 3], folder / "gold.jsonl", "jsonl")
    write_corpus(documents[number * 2 // 3 :], folder / "dev.jsonl", "jsonl")
    (folder / "vermeil.toml").write_text(PROJECT.format(encoder=encoder) + rest, "utf-8")


@pytest.fixture
def nodes(cluster: Nodes) -> Nodes:
    """The head and two nodes."""
    while len(cluster.workers) < 2:
        cluster.add()
    cluster.wait_for(2)
    return cluster


class Once:
    """A progress callback that calls a function once, when a stage reaches a count.

    Args:
        stage: name of the stage.
        done: count that the stage has to reach.
        act: function to call.
    """

    def __init__(self, stage: str, done: int, act: Callable[[], None]) -> None:
        self._stage, self._done, self._act = stage, done, act
        self.acted = False
        self.seen: list[tuple[str, int]] = []

    def __call__(self, stage: str, done: int, total: int | None, detail: Mapping[str, Any]) -> None:
        self.seen.append((stage, done))
        if not self.acted and stage == self._stage and done >= self._done:
            self.acted = True
            self._act()
