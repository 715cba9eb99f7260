"""Money in the reply store, and stores of older versions."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from vermeil.data.logprobs import Logprobs
from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.store.charges import Charge, Reservation, SpendingCap
from vermeil.teacher.store.keys import head_of
from vermeil.teacher.store.records import RecordFilter, stored_requests
from vermeil.teacher.store.schema import _APPLICATION_ID, _FIRST, _SECOND, _THIRD
from vermeil.teacher.store.store import ReplyStore


def request(text: str = "text", model: str = "m") -> Request:
    messages = ({"role": "user", "content": text},)
    return Request("d", text, "standard", messages, model, {"max_tokens": 8})


def reservation(size: int, money: int = 0, **limit: Any) -> Reservation:
    return Reservation("ab" * 32, "m", Charge(size, money), SpendingCap(**limit))


def test_what_fits_is_put_aside_in_order_and_counts_for_other_processes(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with ReplyStore(path) as store, ReplyStore(path) as other:
        asked = [reservation(size, tokens=100) for size in (60, 50, 40)]
        for one in asked:
            store.reserve(one)
        store.flush()
        assert [one.number is not None for one in asked] == [True, False, True]
        late = reservation(1, tokens=100)
        other.reserve(late)
        other.flush()
        assert late.decided
        assert late.number is None
        assert other.spent().reserved == Charge(100, 0)


def test_cost_is_limited_too(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        asked = [reservation(1, cost, cost=10) for cost in (10, 1)]
        for one in asked:
            store.reserve(one)
        store.flush()
        assert [one.number is not None for one in asked] == [True, False]


def test_a_settled_attempt_frees_the_rest_and_an_unsettled_one_stays_charged(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.sqlite"
    with ReplyStore(path) as store:
        first, lost = reservation(60), reservation(30)
        store.reserve(first)
        store.reserve(lost)
        store.flush()
        reply = Reply("x", usage=Usage(5, 2, 1))
        store.add(request(), reply, charge=Charge(7, 70), reserved=first)
        store.flush()
    with ReplyStore(path) as store:
        spent = store.spent()
        assert (spent.charged, spent.reserved) == (Charge(7, 70), Charge(30, 0))
        assert spent.total == Charge(37, 70)
        assert (spent.attempts, spent.replies, spent.usage) == (1, 1, Usage(5, 2, 1))
        assert spent.prompt_characters == 4


def test_a_reservation_taken_back_before_it_is_written_never_counts(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        one = reservation(60)
        store.reserve(one)
        store.release(one)
        store.flush()
        assert store.spent().total == Charge()
        two = reservation(50)
        store.reserve(two)
        store.flush()
        store.release(two)
        store.flush()
        assert store.spent().total == Charge()


def test_spending_is_kept_by_model_and_failures_count(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "r.sqlite") as store:
        store.put(request(), Reply("x", usage=Usage(5, 2)))
        store.add(request(model="n"), error="time-out", charge=Charge(300, 1))
        store.flush()
        assert store.spent("m").total == Charge(7, 0)
        assert store.spent("n").total == Charge(300, 1)
        assert store.spent().attempts == 2


def test_a_store_of_version_1_is_renewed_and_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    old = request()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(_FIRST)
        row = (old.key, 1, "d", "standard", "m", "{}", 0, "reply", "stop", 5, 2, 0.1, None, 1.0)
        failed = (old.key[::-1], 1, "d", "p", "m", "{}", 0, None, None, 0, 0, 0.1, "HTTP 500", 1.0)
        for one in (row, failed):
            db.execute(f"INSERT INTO attempts VALUES ({', '.join('?' * 14)})", one)
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        db.commit()
    for _ in range(2):
        with ReplyStore(path) as store:
            found = store.get(old.key)
            assert found is not None
            assert (found.text, found.usage) == ("reply", Usage(5, 2))
            assert store.spent().total == Charge(7, 0)
            assert store.spent().attempts == 2
            assert list(store.reply_index().missing([old, request("new")])) == [request("new")]


def test_a_store_of_version_2_is_renewed_and_keeps_order_attempts_and_money(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    one, other = request(), request("other")
    row = (1, "d", "standard", "m", "{}", 0)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(_FIRST + _SECOND)
        rest = ("stop", 5, 2, 0.1)
        for attempt in (
            (one.key, *row, None, None, 0, 0, 0.1, "HTTP 500", 1.0, 0, 9, 90),
            (other.key, *row, "second", *rest, None, 2.0, 1, 7, 70),
            (one.key, 2, *row[1:], "first", *rest, None, 3.0, 1, 7, 70),
        ):
            db.execute(f"INSERT INTO attempts VALUES ({', '.join('?' * 17)})", attempt)
        db.execute("INSERT INTO answered SELECT substr(key, 1, 16) FROM attempts WHERE reply != ''")
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute("PRAGMA user_version = 2")
        db.commit()
    # The first process that opens the store migrates it.
    assert [(r.key, r.attempts) for r in stored_requests(path, RecordFilter())] == [
        (other.key, 1),
        (one.key, 2),
    ]
    with ReplyStore(path) as store:
        assert store.get(one.key) == Reply("first", "stop", Usage(5, 2, 1), 0.1, 2)
        assert [a.error for a in store.attempts("d", one.key)] == ["HTTP 500", None, None]
        store.put(one, error="late")
        assert [a.number for a in store.attempts("d", one.key)] == [1, 1, 2, 3]
        assert list(store.reply_index().missing([one, other, request("new")])) == [request("new")]


def test_a_store_of_version_3_is_renewed_and_takes_log_probabilities(tmp_path: Path) -> None:
    path, one, other = tmp_path / "r.sqlite", request(), request("other")
    with closing(sqlite3.connect(path)) as db:
        db.create_function("head_of", 1, head_of, deterministic=True)
        db.executescript(_FIRST + _SECOND + ";" + _THIRD)
        row = ("standard", "m", "{}", 0, "first", "stop", 5, 2, 0.1, None, 3.0, 1, 7, 70)
        values = (one.key, 1, "d", *row, head_of(one.key))
        db.execute(f"INSERT INTO attempts VALUES ({', '.join('?' * 18)})", values)
        db.execute("INSERT INTO answered VALUES (?)", (one.key[:16],))
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute("PRAGMA user_version = 3")
        db.commit()
    assert [r.reply and r.reply.text for r in stored_requests(path, RecordFilter())] == ["first"]
    reply = Reply("[]", attempts=1, logprobs=Logprobs((1, 2), (-0.5, -0.25)))
    for _ in range(2):
        with ReplyStore(path) as store:
            assert store.get(one.key) == Reply("first", "stop", Usage(5, 2, 1), 0.1, 1)
            if store.get(other.key) is None:
                store.put(other, reply)
            assert store.get(other.key) == reply
            assert [a.reply for a in store.attempts("d", other.key)][-1] == reply
            assert list(store.reply_index().missing([one, other, request("new")])) == [
                request("new")
            ]
    assert [r.reply for r in stored_requests(path, RecordFilter())][-1] == reply


def test_keys_with_the_same_head_are_distinguished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vermeil.teacher.store.store.head_of", lambda key: 7)
    with ReplyStore(tmp_path / "r.sqlite") as store:
        store.put(request(), Reply("one"))
        store.put(request("other"), error="no")
        store.put(request("other"), Reply("two"))
        for asked, text, number in ((request(), "one", 1), (request("other"), "two", 2)):
            found = store.get(asked.key)
            assert found is not None
            assert (found.text, found.attempts) == (text, number)
        assert store.get(request("third").key) is None
    counted = [one.attempts for one in stored_requests(tmp_path / "r.sqlite", RecordFilter())]
    assert counted == [1, 2]


def test_answered_agrees_with_looking_up_one_by_one(tmp_path: Path) -> None:
    requests = [request(f"text {n}") for n in range(600)]
    with ReplyStore(tmp_path / "r.sqlite") as store:
        assert list(store.reply_index().missing(requests)) == requests
        for number, one in enumerate(requests):
            if number % 3 == 0:
                store.add(one, Reply("x"))
            elif number % 3 == 1:
                store.add(one, error="no")
        store.flush()
        answered = store.reply_index()
        assert len(answered.heads) == 200
        assert list(answered.missing(requests)) == list(store.missing(requests))


@pytest.mark.parametrize("tokens", [None, 5])
def test_limits_without_a_number_do_not_limit(tokens: int | None) -> None:
    assert Charge(5, 10**30).within(SpendingCap(tokens))
    assert Charge(6, 0).within(SpendingCap(tokens)) is (tokens is None)
