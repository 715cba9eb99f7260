"""Files of replies and of run folders with content that Vermeil did not write."""

from __future__ import annotations

import gzip
import json
import sqlite3
from pathlib import Path

import pytest

from vermeil.data.document import Document
from vermeil.data.written import read_object
from vermeil.errors import DataError
from vermeil.jobs.evaluate_files import locate_record
from vermeil.jobs.fingerprints import StageLog
from vermeil.jobs.import_replies import import_replies
from vermeil.jobs.partial import PartialFile
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.replay.recording import Recording
from vermeil.teacher.store.records import RecordFilter, stored_requests
from vermeil.teacher.store.store import ReplyStore
from vermeil.tuning.trial_log import TrialLog

DEEP = "[" * 50_000
REPLY = {"text": "Ada met Bo", "reply": "[]"}


def import_from(path: Path, store: Path) -> None:
    task = make_task(TaskConfig.model_validate({"labels": {"PER": {}}}))
    teacher = TeacherConfig.model_validate({"model": "m"})
    import_replies(path, [Document("a", "Ada met Bo")], task, teacher, store)


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({**REPLY, "sample": 2**63}),
        json.dumps({**REPLY, "prompt_tokens": 10**40}),
        json.dumps({**REPLY, "token_ends": [2**70], "token_logprobs": [-1]}),
        json.dumps({**REPLY, "token_ends": [2], "token_logprobs": [10**400]}),
        json.dumps(REPLY)[:-1] + f', "sample": {"7" * 5_000}}}',
        json.dumps(REPLY)[:-1] + f', "x": {DEEP}',
    ],
)
def test_recorded_replies(tmp_path: Path, line: str) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_text(json.dumps(REPLY) + "\n" + line + "\n")
    with pytest.raises(DataError) as caught:
        import_from(path, tmp_path / "replies.sqlite")
    assert (caught.value.path, caught.value.line) == (path, 2)


def test_recordings(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl.gz"
    whole = gzip.compress(
        b"".join(json.dumps({"text": str(n), "reply": "x"}).encode() + b"\n" for n in range(999))
    )
    damaged = bytearray(whole)
    damaged[len(whole) // 2 :] = b"\xff" * (len(whole) - len(whole) // 2)
    for content in (whole[:40], bytes(damaged), b"\x1f\x8b"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"cannot be read|is not JSON|not UTF-8"):
            Recording(path)
    path.write_bytes(gzip.compress(json.dumps({"text": "a", "reply": "\ud800"}).encode()))
    with pytest.raises(DataError, match="surrogate"):
        Recording(path)


def test_a_store_with_damaged_values(tmp_path: Path) -> None:
    path, store = tmp_path / "replies.jsonl", tmp_path / "replies.sqlite"
    path.write_text(json.dumps({**REPLY, "token_ends": [2], "token_logprobs": [-1.0]}))
    import_from(path, store)
    [found] = stored_requests(store, RecordFilter())
    with sqlite3.connect(store) as db:
        for table, column in db.execute(
            "SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p "
            "WHERE m.type = 'table' AND p.name LIKE '%logprob%' AND p.type = 'BLOB'"
        ).fetchall():
            db.execute(f"UPDATE {table} SET {column} = x'78'")
    with pytest.raises(DataError, match="malformed"):
        list(stored_requests(store, RecordFilter()))
    with ReplyStore(store) as replies, pytest.raises(DataError, match="malformed"):
        replies.get(found.key)


@pytest.mark.parametrize("content", [DEEP, "5", '{"annotate": 5}', "\x00", "7" * 5_000])
def test_files_of_a_run_folder(tmp_path: Path, content: str) -> None:
    (tmp_path / "stages.json").write_text(content)
    assert StageLog(tmp_path).why_stale("annotate", {}, []) == "not done yet"
    (tmp_path / "locate.json").write_text(content)
    (tmp_path / "silver.jsonl").write_text("")
    assert locate_record(tmp_path / "silver.jsonl") is None
    (tmp_path / "log.json").write_text(content)
    with pytest.raises(DataError, match="is not a log of trials"):
        TrialLog(tmp_path / "log.json").read()
    assert read_object(tmp_path / "log.json") in (None, {"annotate": 5})


def test_a_partial_file_ends_before_the_first_damaged_line(tmp_path: Path) -> None:
    good = json.dumps({"id": "a", "text": "b"})
    for damaged in (f'{{"id": {DEEP}', '{"id": "a"}', "\x00", f'{{"id": {"7" * 5_000}}}'):
        part = PartialFile(tmp_path / "out.jsonl", "f")
        part.path.write_text(f"{good}\n{damaged}\n{good}\n")
        with part:
            assert len(list(part.read_records())) == 1
        assert part.path.read_text() == good + "\n"
