"""Recording files: found by the end of a message, refused by line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.errors import DataError
from vermeil.teacher.replay.recording import Recording

GOOD = '{"text": "a", "reply": "b"}\n'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("no json", "not JSON"),
        ('{"text": "a"', "not JSON"),
        ('["a", "b"]', "expected"),
        ('{"text": "a"}', "expected"),
        ('{"text": "c", "reply": null}', "expected"),
        ('{"text": "", "reply": "b"}', "expected"),
        ('{"text": 3, "reply": "b"}', "expected"),
        ('{"text": "a", "reply": "another"}', "line 1"),
    ],
)
def test_wrong_line_is_a_data_error_with_its_number(line: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(GOOD + "\n" + line + "\n")
    with pytest.raises(DataError, match=why) as caught:
        Recording(path)
    assert str(caught.value).startswith(f"{path}:3: ")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe{", b"\x1f\x8b not really"])
def test_empty_or_undecodable_file_is_a_data_error(content: bytes, tmp_path: Path) -> None:
    for name in ("r.jsonl", "r.jsonl.gz"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(DataError, match=name):
            Recording(path)


def test_packed_recording_and_repeated_line_are_read(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(GOOD + GOOD)
    recording = Recording(path)
    found = recording.find("Q\na")
    assert len(recording) == 1
    assert found is not None
    assert (found.reply, found.finish_reason) == ("b", "stop")


LINES = st.lists(st.text(alphabet="ab", min_size=0, max_size=3), min_size=1, max_size=4)


@given(texts=st.sets(LINES.map("\n".join).filter(bool), min_size=1, max_size=8), message=LINES)
def test_found_text_is_the_longest_by_definition(
    texts: Any, message: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("recording") / "r.jsonl"
    path.write_text("\n".join(json.dumps({"text": t, "reply": f"to {t}"}) for t in texts))
    whole = "\n".join(message)
    fitting = [t for t in texts if whole == t or whole.endswith("\n" + t)]
    found = Recording(path).find(whole)
    if not fitting:
        assert found is None
    else:
        assert found is not None
        assert found.reply == f"to {max(fitting, key=len)}"
