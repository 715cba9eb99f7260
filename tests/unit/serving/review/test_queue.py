"""The queue of the review page over a real decision log."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from tests.review_page import marked

from vermeil.corpora.review_log.items import DOCUMENT
from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.serving.review.decision_log import DecisionLog
from vermeil.serving.review.queue import Decision, ReviewQueue

DOCUMENTS = [marked(name, "Ann left Rome.", ("Ann", "PER")) for name in "abcd"]


def make_queue(
    path: Path, overlap: float = 0.0, documents: list[Document] | None = None
) -> ReviewQueue:
    return ReviewQueue(
        documents or DOCUMENTS,
        DecisionLog(path),
        ("spans",),
        lambda document: [("silver", document.annotation)],
        overlap,
    )


def finish(queue: ReviewQueue, annotator: str, name: str) -> None:
    items = queue.open(annotator, name)[1].items
    after = {**items[DOCUMENT], "state": "done"}
    queue.decide(
        Decision(annotator, name, "finish", {DOCUMENT: items[DOCUMENT]}, {DOCUMENT: after})
    )


def test_documents_are_given_in_order_and_each_once(tmp_path: Path) -> None:
    queue = make_queue(tmp_path / "log.jsonl")
    assert (queue.next_for("ann"), queue.next_for("bo")) == ("a", "b")
    assert queue.next_for("ann") == "a"  # until it is finished
    finish(queue, "ann", "a")
    assert queue.next_for("ann") == "c"
    assert [place["id"] for place in queue.places("ann")] == ["a"]
    assert [document.id for document in queue.remaining()] == ["d"]


def test_a_restarted_queue_continues(tmp_path: Path) -> None:
    finish(make_queue(tmp_path / "log.jsonl"), "ann", "a")
    queue = make_queue(tmp_path / "log.jsonl")
    assert queue.next_for("ann") == "b"
    assert queue.counts() == {
        "documents": 4,
        "done": 1,
        "skipped": 0,
        "conflicts": 0,
        "changed": 0,
    }
    items = queue.open("ann", "a")[1].items
    assert items[DOCUMENT]["state"] == "done"
    queue.undo("ann", "a", "undo", settles=False)
    assert queue.next_for("ann") == "a"


def test_looking_at_documents_writes_nothing(tmp_path: Path) -> None:
    queue = make_queue(tmp_path / "log.jsonl")
    queue.open("ann", "a")
    queue.open("ann", "b")
    assert not (tmp_path / "log.jsonl").exists()
    assert queue.next_for("bo") == "a"  # only the last opened one is reserved


def test_the_share_of_overlap_does_not_depend_on_the_order(tmp_path: Path) -> None:
    taken = []
    for number, documents in enumerate((DOCUMENTS, DOCUMENTS[::-1])):
        queue = make_queue(tmp_path / f"{number}.jsonl", 0.5, documents)
        for annotator in ("ann", "bo"):
            while (name := queue.next_for(annotator)) is not None:
                finish(queue, annotator, name)
        taken.append({text.id for text in queue.texts if len(text.sessions) == 2})
    assert taken[0] == taken[1]
    assert len(taken[0]) == 2


def test_a_new_order_moves_documents_and_keeps_all(tmp_path: Path) -> None:
    queue = make_queue(tmp_path / "log.jsonl")
    queue.reorder(["c", "other", "a", "c"])
    names = []
    while (name := queue.next_for("ann")) is not None:
        names.append(name)
        finish(queue, "ann", name)
    assert names == ["c", "a", "b", "d"]


def test_equal_ids_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two documents have the id 'a'"):
        make_queue(tmp_path / "log.jsonl", documents=[DOCUMENTS[0], DOCUMENTS[0]])


@pytest.mark.parametrize("cut", [1, 20, -1])
def test_an_incomplete_last_line_is_removed_and_a_whole_one_kept(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    finish(make_queue(path), "ann", "a")
    whole = path.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    path.write_bytes(whole + last[:cut])
    log = DecisionLog(path) if cut > 0 else None
    if log is not None:
        assert log.removed_bytes == cut
        assert path.read_bytes() == whole
        return
    path.write_bytes(whole[:-1])  # only the line end is missing
    assert DecisionLog(path).removed_bytes == 0
    assert path.read_bytes() == whole


def test_a_file_that_is_no_log_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"id": "a", "text": "x"}\n')
    with pytest.raises(DataError, match="is no decision log"):
        DecisionLog(path)
    assert path.read_text() == '{"id": "a", "text": "x"}\n'


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_decision_that_cannot_be_written_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    queue = make_queue(tmp_path / "log.jsonl")
    with pytest.raises(DataError, match=os.strerror(errno.ENOSPC)):
        finish(queue, "ann", "a")
    assert queue.next_for("ann") == "a"
    assert queue.counts()["done"] == 0
