"""Names of the Hub on a network that drops every packet: an error with advice, without retries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DROP = 'ip link set lo up && ip route add default dev lo && exec "$@"'
"""Packets to other machines go to the loopback interface of the namespace, which drops them."""

SECONDS = 90
"""Limit of one command on a busy machine. Idle, it takes about five seconds; the default retries of
the client would need minutes."""

UNUSED = "198.51.100.7"
"""Address that is reserved for documentation."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dropped() -> list[str]:
    """Start of a command line in a network namespace that drops all packets."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("needs unshare and ip")
    start = ["unshare", "--net", "sh", "-c", DROP, "sh"]
    probe = subprocess.run([*start, "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"network namespaces are not permitted: {probe.stderr.strip()}")
    return start


def run(
    dropped: list[str], folder: Path, *words: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a verb in the namespace, with an empty cache of the Hub."""
    hub = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT")
    plain = {name: value for name, value in os.environ.items() if name not in hub}
    return subprocess.run(
        [*dropped, sys.executable, "-m", "vermeil", *words],
        cwd=folder,
        env={**plain, "HF_HOME": str(folder / "cache"), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def test_packets_are_dropped_and_not_refused(dropped: list[str]) -> None:
    program = f"import socket; socket.create_connection(('{UNUSED}', 80), timeout=1)"
    found = subprocess.run(
        [*dropped, sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert "TimeoutError" in found.stderr


def test_pull_names_the_address_and_the_remedy(dropped: list[str], tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    done = run(dropped, tmp_path, "pull", "user/places", "to", HF_ENDPOINT=f"http://{UNUSED}")
    assert done.returncode == 7
    assert f"the Hub at http://{UNUSED} cannot be reached" in done.stderr
    assert "copy the folder by other means" in done.stderr
    assert not (tmp_path / "to").exists()


def test_pull_without_a_name_server(dropped: list[str], tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    done = run(dropped, tmp_path, "pull", "user/places", "to")
    assert done.returncode == 7
    assert "cannot be reached" in done.stderr


def test_encoder_of_the_hub(dropped: list[str], tmp_path: Path) -> None:
    made = run(dropped, tmp_path, "init", ".", "--template", "legal")
    assert made.returncode == 0, made.stderr
    encoder = ("--set", "student.encoder=user/encoder")
    done = run(dropped, tmp_path, "train", *encoder, HF_ENDPOINT=f"http://{UNUSED}")
    assert done.returncode == 2
    assert f"{UNUSED} cannot be reached" in done.stderr
    assert "Copy the encoder into a folder" in done.stderr
    assert not (tmp_path / "vermeil-run/model").exists()
