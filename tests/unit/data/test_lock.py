"""Locks of files and folders: real processes, kills, other hosts, and systems without flock."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from vermeil.data import lock as locking
from vermeil.data.lock import FOLDER_LOCK, lock_folder, lock_path
from vermeil.data.lock_owner import LockOwner, this_process
from vermeil.errors import DataError, LockedError

HOLD = """
import errno, fcntl, sys, time
from vermeil.data.lock import lock_path, lock_folder
if sys.argv[3:] == ["no flock"]:
    def refuse(handle, operation):
        raise OSError(errno.ENOTSUP, "not supported")
    fcntl.flock = refuse
with {"path": lock_path, "folder": lock_folder}[sys.argv[1]](sys.argv[2]):
    print("locked", flush=True)
    time.sleep(120)
"""


@contextmanager
def holder(path: Path, kind: str = "path", *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run another process that holds a lock."""
    command = [sys.executable, "-c", HOLD, kind, str(path), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        assert p.stdout is not None
        assert p.stdout.readline() == "locked\n"
        try:
            yield p
        finally:
            p.kill()


@pytest.fixture(params=["flock", "no flock"])
def options(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Return the options of other processes; without flock, this process has none either."""
    if request.param == "flock":
        return ()
    refuse_flock(monkeypatch)
    return ("no flock",)


def refuse_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(fcntl, "flock", refuse)


def write_owner(file: Path, **values: Any) -> None:
    content = json.loads(this_process(flocked=False).to_json()) | values
    file.write_text(json.dumps(content), "utf-8")


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_lock_is_a_hidden_file_that_names_its_owner_and_is_deleted(tmp_path: Path) -> None:
    with lock_path(tmp_path / "replies.sqlite"):
        file = tmp_path / ".replies.sqlite.lock"
        owner = LockOwner.from_json(file.read_bytes())
        assert owner is not None
        assert (owner.pid, owner.host) == (os.getpid(), os.uname().nodename)
        assert owner.since
        assert owner.command
        assert not owner.has_ended(flocked=False)
    assert list(tmp_path.iterdir()) == []


def test_second_process_is_refused_with_the_owner_in_the_message(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    path = tmp_path / "model"
    with (
        holder(path, "path", *options) as process,
        pytest.raises(LockedError) as refused,
        lock_path(path),
    ):
        raise AssertionError
    message = str(refused.value)
    assert refused.value.exit_code == DataError.exit_code == 3
    assert f"is in use by process {process.pid} on host {os.uname().nodename} since 20" in message
    assert str(path) in message
    assert "wait until it ends" in message


def test_killed_owner_is_replaced_in_silence(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "model"
    for number in (signal.SIGKILL, signal.SIGTERM):
        with holder(path, "path", *options) as process:
            process.send_signal(number)
            process.wait()
        assert (tmp_path / ".model.lock").exists()
        with lock_path(path):
            pass
        assert list(tmp_path.iterdir()) == []


def test_interrupted_owner_deletes_its_lock(tmp_path: Path, options: tuple[str, ...]) -> None:
    with holder(tmp_path / "model", "path", *options) as process:
        process.send_signal(signal.SIGINT)
        process.wait()
    assert list(tmp_path.iterdir()) == []


def test_zombie_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_flock(monkeypatch)
    process = subprocess.Popen([sys.executable, "-c", ""])
    deadline = time.monotonic() + 60
    write_owner(tmp_path / ".model.lock", pid=process.pid, started="")
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with lock_path(tmp_path / "model"):
        pass
    process.wait()


def test_lock_of_another_host_stays_and_the_message_names_its_file(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    file = tmp_path / ".model.lock"
    for flock in (False, True):
        write_owner(file, host="db7", boot="another", pid=dead_pid(), flock=flock)
        before = file.read_bytes()
        with (
            pytest.raises(LockedError, match=r"on host db7 since .* if that process has ended, de"),
            lock_path(tmp_path / "model"),
        ):
            raise AssertionError
        assert file.read_bytes() == before
    file.unlink()
    with lock_path(tmp_path / "model"):
        pass


def test_process_of_a_machine_that_was_restarted_has_ended(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    write_owner(tmp_path / ".model.lock", boot="before the restart", pid=os.getpid())
    with lock_path(tmp_path / "model"):
        pass


def test_another_process_with_the_same_number_is_not_the_owner(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    write_owner(tmp_path / ".model.lock", pid=os.getppid(), started="1")
    with lock_path(tmp_path / "model"):
        pass


def test_process_of_another_container_cannot_be_checked_and_counts_as_running(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    write_owner(tmp_path / ".model.lock", pid=dead_pid(), namespace="pid:[1]")
    with pytest.raises(LockedError), lock_path(tmp_path / "model"):
        raise AssertionError


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 300, b"[]", b'{"pid": "x"}', b"\xff{", b"[" * 9999]
)
def test_unreadable_lock_is_replaced_under_flock_and_refused_without_it(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "_PAUSE", 0.001)
    file = tmp_path / ".model.lock"
    file.write_bytes(content)
    with lock_path(tmp_path / "model"):
        pass
    file.write_bytes(content)
    refuse_flock(monkeypatch)
    with pytest.raises(LockedError, match="delete"), lock_path(tmp_path / "model"):
        raise AssertionError
    assert file.read_bytes() == content


def test_message_shows_no_control_characters(tmp_path: Path) -> None:
    write_owner(tmp_path / ".model.lock", host="\x1b[31mred", boot="x", command="a\nb" * 99)
    with pytest.raises(LockedError) as refused, lock_path(tmp_path / "model"):
        raise AssertionError
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400 + 2 * len(str(tmp_path))


def test_nested_lock_of_the_same_caller_does_nothing(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    with lock_path(tmp_path / "a"), lock_path(tmp_path / "b"):
        with lock_path(tmp_path / "b" / ".." / "a"):
            pass
        assert sorted(p.name for p in tmp_path.iterdir()) == [".a.lock", ".b.lock"]


def test_another_thread_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    refusals = []

    def work() -> None:
        try:
            with lock_path(tmp_path / "a"):
                pass
        except LockedError as error:
            refusals.append(error)

    with lock_path(tmp_path / "a"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(refusals) == 1


def test_links_to_a_folder_share_its_lock(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "link").symlink_to("run")
    with (
        holder(tmp_path / "run", "folder"),
        pytest.raises(LockedError),
        lock_folder(tmp_path / "link"),
    ):
        raise AssertionError


def test_folder_is_created_and_deleted_if_it_stays_empty(tmp_path: Path) -> None:
    with lock_folder(tmp_path / "outer" / "run"):
        assert [p.name for p in (tmp_path / "outer" / "run").iterdir()] == [FOLDER_LOCK]
    assert list(tmp_path.iterdir()) == []
    with lock_folder(tmp_path / "outer" / "run"):
        (tmp_path / "outer" / "run" / "silver.jsonl").touch()
    assert [p.name for p in (tmp_path / "outer" / "run").iterdir()] == ["silver.jsonl"]


def test_lock_that_cannot_be_written_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(DataError, match="cannot be written"),
        lock_folder(tmp_path / "file" / "run"),
    ):
        raise AssertionError


def test_lock_that_was_deleted_by_hand_and_taken_again_is_not_deleted(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    file = tmp_path / ".model.lock"
    with lock_path(tmp_path / "model"):
        file.unlink()
        write_owner(file, pid=os.getppid())
        after = file.read_bytes()
    assert file.read_bytes() == after


def test_forked_child_neither_holds_nor_releases_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with lock_path(path):
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        child.start()
    try:
        with lock_path(path):
            pass
        with lock_path(path):
            other = multiprocessing.get_context("fork").Process(target=leave_quietly)
            other.start()
            other.join()
            assert (tmp_path / ".model.lock").exists()
    finally:
        child.kill()
        child.join()


def leave_quietly() -> None:
    sys.exit(0)


def test_processes_of_a_distributed_training_share_the_lock_of_rank_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holder(tmp_path / "model"):
        monkeypatch.setenv("WORLD_SIZE", "2")
        monkeypatch.setenv("RANK", "1")
        with lock_path(tmp_path / "model"):
            pass
        monkeypatch.setenv("RANK", "0")
        with pytest.raises(LockedError), lock_path(tmp_path / "model"):
            raise AssertionError


COUNT = """
import errno, fcntl, sys, time
from pathlib import Path
from vermeil.data.lock import lock_path
from vermeil.errors import LockedError
if sys.argv[2:] == ["no flock"]:
    def refuse(handle, operation):
        raise OSError(errno.ENOTSUP, "not supported")
    fcntl.flock = refuse
number, end = Path(sys.argv[1]), time.monotonic() + 60
done = 0
while done < 25 and time.monotonic() < end:
    try:
        with lock_path(number):
            before = int(number.read_text())
            time.sleep(0.0005)
            number.write_text(str(before + 1))
            done += 1
    except LockedError:
        time.sleep(0.001)
print(done)
"""


def test_many_processes_hold_it_one_at_a_time(tmp_path: Path, options: tuple[str, ...]) -> None:
    number = tmp_path / "number"
    number.write_text("0")
    write_owner(tmp_path / ".number.lock", pid=dead_pid(), flock=not options)
    command = [sys.executable, "-c", COUNT, str(number), *options]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    done = sum(int(process.communicate(timeout=120)[0]) for process in processes)
    assert done == 100
    assert int(number.read_text()) == 100
    assert [p.name for p in tmp_path.iterdir()] == ["number"]
