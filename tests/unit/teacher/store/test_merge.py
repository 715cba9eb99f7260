"""Merging of reply stores."""

from __future__ import annotations

from pathlib import Path

from vermeil.data.logprobs import Logprobs
from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.store.charges import Charge, Reservation, SpendingCap
from vermeil.teacher.store.merge import MergeReport, merge_store
from vermeil.teacher.store.store import ReplyStore


def asked(number: int) -> Request:
    messages = ({"role": "user", "content": f"About {number}: what is it?"},)
    return Request(f"d{number}", f"text {number}", "standard", messages, "m", {"max_tokens": 9})


def replied(words: str = "[]") -> Reply:
    return Reply(words, usage=Usage(10, 2, 1))


def shard(path: Path, *numbers: int, failed: int | None = None, words: str = "[]") -> Path:
    with ReplyStore(path) as store:
        for number in numbers:
            store.add(asked(number), replied(words), charge=Charge(12, 34))
        if failed is not None:
            store.add(asked(failed), error="HTTP 500", charge=Charge(5, 6))
    return path


def test_every_attempt_comes_over_once(tmp_path: Path) -> None:
    one = shard(tmp_path / "one", 1, 2, failed=3)
    other = shard(tmp_path / "other", 4)
    alone = shard(tmp_path / "alone", 1, 2, failed=3)
    shard(alone, 4)
    with ReplyStore(tmp_path / "all") as store:
        assert merge_store(one, store) == MergeReport(3, 0)
        assert merge_store(one, store) == MergeReport(0, 3)
        assert merge_store(other, store) == MergeReport(1, 0)
        assert store.get(asked(2).key) == replied()
        assert store.error(asked(3).key) == "HTTP 500"
        assert len(store.reply_index().heads) == 3
        with ReplyStore(alone) as same:
            assert store.spent() == same.spent()
        assert [a.model for a in store.attempts("d4", "")] == ["m"]


def test_log_probabilities_come_over(tmp_path: Path) -> None:
    reply = Reply("[]", logprobs=Logprobs((1, 2), (-0.5, -0.25)))
    with ReplyStore(tmp_path / "one") as store:
        store.put(asked(1), reply)
        store.put(asked(2), Reply("[]"))
    with ReplyStore(tmp_path / "all") as store:
        assert merge_store(tmp_path / "one", store) == MergeReport(2, 0)
        assert store.get(asked(1).key) == reply
        assert store.get(asked(2).key) == Reply("[]")


def test_what_a_shard_got_later_comes_over_alone(tmp_path: Path) -> None:
    path = shard(tmp_path / "one", 1)
    with ReplyStore(tmp_path / "all") as store:
        merge_store(path, store)
        shard(path, 2)
        assert merge_store(path, store) == MergeReport(1, 1)
        assert store.spent().attempts == 2
        assert store.spent().charged == Charge(24, 68)


def test_two_replies_to_one_key_are_two_attempts(tmp_path: Path) -> None:
    first, second = shard(tmp_path / "a", 1, words="first"), shard(tmp_path / "b", 1, words="late")
    with ReplyStore(tmp_path / "all") as store:
        merge_store(first, store)
        merge_store(second, store)
        found = store.get(asked(1).key)
        assert found is not None
        assert found.text == "first"
        assert [a.number for a in store.attempts("d1", asked(1).key)] == [1, 2]
        assert store.spent().charged == Charge(24, 68)


def test_what_was_put_aside_for_it_is_taken_back(tmp_path: Path) -> None:
    """An amount under the same key that is not this attempt's stays."""
    path, key = shard(tmp_path / "one", 1), asked(1).key
    with ReplyStore(tmp_path / "all") as store:
        lost = Reservation(key, "m", Charge(100, 200), SpendingCap())
        ours = Reservation(key, "m", Charge(100, 200), SpendingCap())
        other = Reservation(asked(2).key, "m", Charge(7, 7), SpendingCap())
        for reservation in (lost, ours, other):
            store.reserve(reservation)
        store.flush()
        store.adjust_reservation(ours, Charge(12, 34))
        store.flush()
        assert store.spent().total == Charge(119, 241)
        merge_store(path, store)
        assert store.spent().reserved == Charge(107, 207)
        assert store.spent().charged == Charge(12, 34)
        assert store.spent().total == Charge(119, 241)


def test_a_worker_that_died_before_it_recorded_its_charge(tmp_path: Path) -> None:
    """The reply is in its store, but the reservation still has the maximum charge."""
    path = shard(tmp_path / "one", 1)
    with ReplyStore(tmp_path / "all") as store:
        store.reserve(Reservation(asked(1).key, "m", Charge(100, 200), SpendingCap()))
        store.flush()
        merge_store(path, store)
        assert store.spent().total == Charge(12, 34)
        assert store.spent().reserved == Charge()
