from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from vermeil.errors import DataError
from vermeil.jobs.partial import PartialFile


def line(number: int) -> str:
    return json.dumps({"id": str(number), "text": "é"}, ensure_ascii=False)


def test_what_was_written_is_kept_and_the_torn_line_cut(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with PartialFile(path, "m") as part:
        part.write(line(1))
        part.write(line(2))
    assert not path.exists()
    with part.path.open("ab") as file:
        file.write(line(3).encode()[:-3])
    with PartialFile(path, "m") as part:
        assert [record["id"] for record in part.read_records()] == ["1", "2"]
        part.write(line(3))
        part.finish()
    assert path.read_text() == "".join(line(n) + "\n" for n in (1, 2, 3))
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_damaged_line_and_what_follows_it_are_cut(tmp_path: Path) -> None:
    with PartialFile(tmp_path / "o", "m") as part:
        part.write(line(1))
        part.write("\0" * 9)
        part.write(line(2))
    with PartialFile(tmp_path / "o", "m") as part:
        assert len(list(part.read_records())) == part.lines == 1
    assert part.path.read_text() == line(1) + "\n"


def test_another_mark_begins_anew(tmp_path: Path) -> None:
    with PartialFile(tmp_path / "o", "m") as part:
        part.write(line(1))
    with PartialFile(tmp_path / "o", "n") as part:
        assert list(part.read_records()) == []


def test_a_compressed_file(tmp_path: Path) -> None:
    with PartialFile(tmp_path / "o.jsonl.gz", "m") as part:
        part.write(line(1))
        part.finish()
    assert gzip.decompress((tmp_path / "o.jsonl.gz").read_bytes()).decode() == line(1) + "\n"


def test_two_writers_are_kept_apart(tmp_path: Path) -> None:
    with (
        PartialFile(tmp_path / "o", "m"),
        pytest.raises(DataError, match="another process"),
        PartialFile(tmp_path / "o", "m"),
    ):
        pass
