"""A Ray cluster of several nodes on this machine, whose nodes can be killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest

from vermeil.cluster.config import ClusterConfig

# Ray keeps a token in the home folder once any local cluster was started there, and then some of
# its processes ask for it and some do not; these clusters are on loopback and need none.
os.environ["RAY_AUTH_MODE"] = "disabled"

CONFIG = ClusterConfig(address="auto", cpus=1, retries=3, chunk_documents=8)

# On loopback, and not the address that Ray would replace by one that others reach.
LOOPBACK = "127.0.0.2"

# What Ray itself does that Python 3.11 and later warn of.
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


class Nodes:
    """The nodes of a cluster: the head, which computes nothing, and workers with one CPU each.

    Each is a ``ray start`` of its own, bound to loopback; its processes die with it.
    """

    def __init__(self, folder: Path) -> None:
        from vermeil.cluster.connection import require_ray

        self._ray = require_ray()
        self._folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        port, client = free_port(), free_port()
        self._address = f"{LOOPBACK}:{port}"
        self.client_address = f"ray://{LOOPBACK}:{client}"
        alone = ("--include-dashboard=false", f"--temp-dir={folder}")
        self._head = self._start(
            "--head", f"--port={port}", "--num-cpus=0", f"--ray-client-server-port={client}", *alone
        )
        self._wait(lambda: is_open(port))

    def _wait(self, for_: Callable[[], bool]) -> None:
        until = time.monotonic() + 120
        while not for_():
            assert time.monotonic() < until, (self._folder / "starts.log").read_text()
            time.sleep(0.1)

    def _start(self, *options: str) -> subprocess.Popen[bytes]:
        common = (f"--node-ip-address={LOOPBACK}", f"--object-store-memory={80 * 2**20}", "--block")
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *common, *options]
        with (self._folder / "starts.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def add(self) -> None:
        """Let a node with one CPU join."""
        self.workers.append(self._start(f"--address={self._address}", "--num-cpus=1"))

    def kill(self) -> None:
        """Kill all processes of the oldest worker node."""
        _kill(self.workers.pop(0))

    def connect(self) -> None:
        """Connect this process to the head."""
        self._ray.init(
            self._address, _node_ip_address=LOOPBACK, log_to_driver=False, logging_level="ERROR"
        )

    def wait_for(self, cpus: int) -> None:
        """Wait until so many workers are there; on a busy machine Ray may give one up."""

        def are_there() -> bool:
            for node in [n for n in self.workers if n.poll() is not None]:
                self.workers.remove(node)
                self.add()
            return bool(self._ray.cluster_resources().get("CPU", 0) >= cpus)

        self._wait(are_there)

    def close(self) -> None:
        self._ray.shutdown()
        for node in (*self.workers, self._head):
            _kill(node)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as trial:
        trial.bind((LOOPBACK, 0))
        return int(trial.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as trial:
        return trial.connect_ex((LOOPBACK, port)) == 0


def _kill(node: subprocess.Popen[bytes]) -> None:
    """Kill a node's processes: the one that started them last, so that none is lost sight of."""
    for process in psutil.Process(node.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    node.kill()
    node.wait()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Nodes]:
    """A head, this process connected to it."""
    pytest.importorskip("ray", reason='Ray is not installed: pip install "vermeil[ray]"')
    root = Path(__file__).parents[3]
    paths = [str(root / "src"), str(root), os.environ.get("PYTHONPATH", "")]
    with (
        pytest.MonkeyPatch.context() as patch,
        # Not tmp_path: sockets lie in it, whose paths must be short.
        TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder,
    ):
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        nodes = Nodes(Path(folder))
        try:
            nodes.connect()
            yield nodes
        finally:
            nodes.close()


@pytest.fixture
def nodes(cluster: Nodes) -> Nodes:
    """The head and two nodes."""
    while len(cluster.workers) < 2:
        cluster.add()
    cluster.wait_for(2)
    return cluster


class Once:
    """A progress that does something when a stage has come so far, once.

    Args:
        stage: which one.
        done: how far.
        act: what is done then.
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
