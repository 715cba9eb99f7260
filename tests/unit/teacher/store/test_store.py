"""The reply store on real SQLite files."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from vermeil.data.reply import Reply, Request, Usage
from vermeil.errors import DataError
from vermeil.teacher.store.store import ReplyStore


def request(text: str = "text", document_id: str = "d", sample: int = 0) -> Request:
    messages = ({"role": "user", "content": text},)
    return Request(document_id, text, "standard", messages, "m", {"max_tokens": 8}, sample)


REPLY = Reply("rénard 🦊", "length", Usage(3, 4), 0.25)


def test_what_is_put_is_there_for_the_next_reader(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "new folder" / "r.sqlite") as store:
        store.put(request(), REPLY)
    with ReplyStore(tmp_path / "new folder" / "r.sqlite") as store:
        assert store.get(request().key) == REPLY
        assert store.get(request("other").key) is None
        assert store.get(request(sample=1).key) is None
        assert store.get(request(document_id="twin").key) == REPLY


def test_put_is_durable_before_it_returns(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store, ReplyStore(tmp_path / "r.sqlite") as other:
        store.put(request(), REPLY)
        assert other.get(request().key) == REPLY


def test_added_is_durable_only_after_flush_and_on_closing(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store, ReplyStore(tmp_path / "r.sqlite") as other:
        store.add(request(), REPLY)
        assert other.get(request().key) is None
        store.flush()
        assert other.get(request().key) == REPLY
        store.add(request("second"), REPLY)
    with ReplyStore(tmp_path / "r.sqlite") as store:
        assert store.get(request("second").key) == REPLY


def test_failed_attempts_are_kept_counted_and_still_missing(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        store.put(request(), error="HTTP 500")
        store.put(request(), error="time-out")
        assert store.get(request().key) is None
        assert store.error(request().key) == "time-out"
        assert list(store.missing([request(), request("b")])) == [request(), request("b")]
        store.put(request(), REPLY)
        found = store.get(request().key)
        assert found is not None
        assert (found.text, found.attempts) == (REPLY.text, 3)
        assert store.error(request().key) is None
        assert list(store.missing([request(), request("b")])) == [request("b")]
        errors = [(a.number, a.error) for a in store.attempts("d", request().key)]
    assert errors == [(1, "HTTP 500"), (2, "time-out"), (3, None)]


def test_first_of_two_replies_stays_the_reply(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        store.put(request(), REPLY)
        store.put(request(), Reply("another"))
        found = store.get(request().key)
    assert found is not None
    assert found.text == REPLY.text


def test_attempt_without_or_with_both_reply_and_error_is_a_bug(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        with pytest.raises(ValueError, match="either"):
            store.put(request())
        with pytest.raises(ValueError, match="either"):
            store.put(request(), REPLY, "error")


def test_store_is_write_ahead_and_fully_synchronous(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_file_that_is_no_database_is_a_data_error_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    path.write_text('{"id": "d1", "text": "a corpus, not a store"}\n' * 100)
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"r\.sqlite.*not a database") as caught:
        ReplyStore(path)
    assert caught.value.exit_code == 3
    assert path.read_bytes() == before


def test_foreign_database_is_a_data_error_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(DataError, match="not a reply store"):
        ReplyStore(path)
    assert path.read_bytes() == before


def test_store_of_a_newer_version_is_a_data_error(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    ReplyStore(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="newer"):
        ReplyStore(path)


def test_damaged_store_is_a_data_error(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    requests = [request(f"text {i} " * 50) for i in range(200)]
    with ReplyStore(path) as store:
        for one in requests:
            store.add(one, REPLY)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"r\.sqlite"), ReplyStore(path) as store:
        list(store.missing(requests))


def test_folder_or_forbidden_place_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        ReplyStore(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError):
        ReplyStore(tmp_path / "file" / "r.sqlite")


def test_failed_flush_writes_nothing_and_can_be_repeated(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        store.put(request("first"), REPLY)
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 2}")
        for number in range(50):
            store.add(request(f"{number}"), Reply("x" * 4000))
        with pytest.raises(DataError, match="full"):
            store.flush()
        assert store.get(request("0").key) is None
        store._db.execute("PRAGMA max_page_count = 1000000")
        store.flush()
        assert not list(store.missing([request(f"{n}") for n in range(50)]))


def test_many_open_and_write_one_new_store_at_once(tmp_path: Path) -> None:
    def write(number: int) -> None:
        with ReplyStore(tmp_path / "r.sqlite") as store:
            for one in ("shared", f"own {number}"):
                store.put(request(one), Reply(f"by {number}"))

    def only_open(path: Path) -> None:
        ReplyStore(path).close()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(write, range(16)))
        list(pool.map(only_open, [tmp_path / f"new {n // 12}.sqlite" for n in range(360)]))
    with ReplyStore(tmp_path / "r.sqlite") as store:
        assert not list(store.missing([request(f"own {n}") for n in range(16)]))
        attempts = store.attempts("d", request("shared").key)
    shared = sorted(a.number for a in attempts)
    assert len(shared) == 32
    assert max(shared) == 16


def test_a_model_without_any_reply_is_known(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        assert not store.has_reply("m")
        store.put(request(), error="HTTP 500")
        assert not store.has_reply("m")
        store.put(request(), REPLY)
        assert store.has_reply("m")
        assert not store.has_reply("other")
