from __future__ import annotations

import gzip
import json
import os
import stat
from pathlib import Path

import pytest

from vermeil.data.atomic import atomic_file, atomic_folder, atomic_path, write_json
from vermeil.data.written import RECORD
from vermeil.errors import DataError


class StopError(Exception):
    pass


def stop() -> None:
    raise StopError


def test_a_file_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.txt"
    with atomic_file(path) as file:
        file.write("Zoë\n")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == "Zoë\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["x.txt"]


@pytest.mark.parametrize("name", ["x.txt", "x.txt.gz"])
def test_a_fault_while_writing_leaves_the_old_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("old")
    with pytest.raises(StopError), atomic_file(path) as file:  # noqa: PT012
        file.write("new")
        stop()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_gz_is_packed_without_name_or_time(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        with atomic_file(tmp_path / name) as file:
            file.write("text\n")
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"text\n"
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_file_is_synced_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "state.bin", []
    sync = os.fsync

    def record(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, os.fstat(descriptor).st_size, path.exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    with atomic_path(path) as partial:
        partial.write_bytes(b"content")
    assert synced == [(path.stat().st_ino, 7, False)]


def test_a_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    usual, path = tmp_path / "usual", tmp_path / "atomic"
    usual.touch()
    with atomic_file(path) as file:
        file.write("x")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


@pytest.mark.parametrize("where", ["file/x", "folder"])
def test_what_cannot_be_written_is_an_error_with_its_path(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(DataError, match="cannot be written") as caught,
        atomic_file(tmp_path / where),
    ):
        pass
    assert caught.value.path == tmp_path / where
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_device_is_written_to_and_stays_a_device() -> None:
    with atomic_file(Path(os.devnull)) as file:
        file.write("gone")
    assert Path(os.devnull).is_char_device()


def test_a_folder_takes_the_place_of_the_old_one_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "model"
    for content in ("first", "second"):
        with atomic_folder(path, "model") as folder:
            (folder / content).write_text(content)
            assert not (path / content).exists()
        assert sorted(p.name for p in path.iterdir()) == [RECORD, content]
    assert list(tmp_path.iterdir()) == [path]


def test_a_fault_while_filling_leaves_the_old_folder(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with atomic_folder(path, "model") as folder:
        (folder / "old").touch()
    with pytest.raises(StopError), atomic_folder(path, "model") as folder:  # noqa: PT012
        (folder / "new").touch()
        stop()
    assert sorted(p.name for p in path.iterdir()) == [RECORD, "old"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_below_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(DataError, match=r"file/model: cannot be written"),
        atomic_folder(tmp_path / "file" / "model"),
    ):
        pass


def test_json_is_readable_and_keeps_letters(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"name": "Zoë", "n": [1]})
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert "Zoë" in text
    assert text.endswith("}\n")
    assert json.loads(text) == {"name": "Zoë", "n": [1]}
