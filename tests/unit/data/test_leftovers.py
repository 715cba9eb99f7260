"""Partial files and folders of killed processes; a replacement killed at every moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vermeil.data import atomic
from vermeil.data.exchange import exchange
from vermeil.data.leftovers import remove_leftovers
from vermeil.data.written import MODEL

REPLACE = """
import os, signal, sys
from pathlib import Path
from vermeil.data import atomic

folder, kill_at, exchanges = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True"
if not exchanges:
    atomic.exchange = lambda first, second: False
calls = 0

def audit(event, arguments):
    global calls
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"):
        calls += 1
        if calls == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(audit)
with atomic.atomic_folder(folder, "model") as partial:
    (partial / "config.json").write_text("new")
    (partial / "extra").mkdir()
    (partial / "extra" / "weights").write_text("new")
"""


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".vermeil-files.json"
    }


@pytest.mark.parametrize("exchanges", [True, False])
def test_replacement_killed_at_any_moment_leaves_a_whole_folder(
    exchanges: bool, tmp_path: Path
) -> None:
    old = {"config.json": "old", "old only": "old", "notes/mine.txt": "of the user"}
    new = {"config.json": "new", "extra/weights": "new", "notes/mine.txt": "of the user"}
    outcomes = set()
    for kill_at in range(1, 40):
        folder = tmp_path / str(kill_at) / "model"
        with atomic.atomic_folder(folder, MODEL) as partial:
            (partial / "config.json").write_text("old")
            (partial / "old only").write_text("old")
        (folder / "notes").mkdir()
        (folder / "notes" / "mine.txt").write_text("of the user")
        script = [sys.executable, "-c", REPLACE, str(folder), str(kill_at), str(exchanges)]
        done = subprocess.run(script, check=False)
        if exchanges:
            assert (folder / "config.json").exists()  # at no moment without a folder
        remove_leftovers(folder)
        assert [path.name for path in folder.parent.iterdir()] == ["model"]
        assert contents(folder) in (old, new)
        outcomes.add(contents(folder) == new)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert done.returncode == 0
    assert outcomes == {True, False}


def test_only_partial_files_of_this_name_are_deleted(tmp_path: Path) -> None:
    gone = [".model.ab12cd_9.part", f".model.{os.getpid()}.part"]
    kept = [".model.part", ".model.x y.part", "model.ab12cd_9.part", ".models.ab12cd_9.part"]
    for name in (*gone, *kept, ".modelXab12cd_9.part", ".model.zz.old"):
        (tmp_path / name).touch()
    (tmp_path / ".model.ab12cd_8.part" / "inner").mkdir(parents=True)
    remove_leftovers(tmp_path / "model")
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted([*kept, ".modelXab12cd_9.part", ".model.zz.old"])
    remove_leftovers(tmp_path / "missing" / "model")


def test_file_of_the_user_whose_name_is_taken_is_not_lost(tmp_path: Path) -> None:
    for place, text in ((tmp_path / "model", "new"), (tmp_path / ".model.a1.old/folder", "mine")):
        place.mkdir(parents=True)
        (place / "notes.txt").write_text(text)
    remove_leftovers(tmp_path / "model")
    assert (tmp_path / "model" / "notes.txt").read_text() == "new"
    assert (tmp_path / ".model.a1.old" / "folder" / "notes.txt").read_text() == "mine"


def test_exchange_of_what_is_missing_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert not exchange(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can exchange two names")
def test_exchange_of_two_folders(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if exchange(tmp_path / "a", tmp_path / "b"):
        assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
        assert [path.name for path in (tmp_path / "b").iterdir()] == ["a"]
    else:
        assert [path.name for path in (tmp_path / "a").iterdir()] == ["a"]
