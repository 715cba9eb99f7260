"""The recorded replies of the sample corpus, read for real: a strong teacher against the gold."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vermeil.data.counts import sum_counts
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.mention import Status
from vermeil.data.reply import Reply, State
from vermeil.data.words import split_words
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig

TASK = make_task(TaskConfig(labels={"PER": {}, "ORG": {}, "LOC": {}, "MISC": {}}))


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def document(record: dict[str, Any]) -> Document:
    spans = tuple(Span(s["start"], s["end"], s["label"]) for s in record["spans"])
    return Document(record["id"], record["text"], annotation=Annotation(spans))


@pytest.fixture(scope="module")
def gold(newswire: Path) -> dict[str, Document]:
    files = ("train", "dev", "test", "pool.gold")
    documents = [document(r) for name in files for r in records(newswire / f"{name}.jsonl")]
    return {one.id: one for one in documents}


@pytest.mark.parametrize("prompt", TASK.prompts)
def test_every_recorded_reply_parses_and_agrees_with_the_gold(
    newswire: Path, gold: dict[str, Document], prompt: str
) -> None:
    replies = records(newswire / f"replies.{prompt}.jsonl")
    assert {r["id"] for r in replies} == gold.keys()
    readings = {r["id"]: TASK.read(r["text"], Reply(r["reply"])) for r in replies}

    states = Counter(reading.state for reading in readings.values())
    assert states.keys() == {State.DONE, State.EMPTY}
    assert states.total() == 1701
    assert not any(reading.notes for reading in readings.values())

    statuses = Counter(m.status for reading in readings.values() for m in reading.mentions)
    assert statuses[Status.EXACT] / statuses.total() > 0.999

    counts = sum_counts(TASK.count(gold[i].annotation, r.annotation) for i, r in readings.items())
    assert counts.documents == 1701
    assert counts.overall.f1 >= 0.97
    assert min(tally.f1 for tally in counts.per_label.values()) >= 0.95


def test_gold_passes_the_check_and_survives_encoding_into_words(gold: dict[str, Document]) -> None:
    losses: Counter[str] = Counter()
    counts = []
    for one in gold.values():
        TASK.check(one)
        words = split_words(one.text)
        target = TASK.encode(one, words)
        losses.update(target.encoding_losses)
        certain = np.eye(len(TASK.classes), dtype=np.float32)[target.classes]
        counts.append(TASK.count(one.annotation, TASK.decode(words, certain)))
    overall = sum_counts(counts).overall
    # "Austin-based" is one word, of which the author marked a part: lost, and counted as lost.
    assert overall.gold - overall.correct == losses.total()
    assert overall.f1 >= 0.98
