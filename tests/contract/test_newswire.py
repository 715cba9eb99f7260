"""The sample corpus is what its README says."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.demo.settings import read_settings
from vermeil.tasks import make_task

SIZES = {"train": (288, 45), "dev": (157, 25), "test": (373, 60), "pool": (883, 140)}


def read(path: Path) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=path)))


@pytest.mark.parametrize("split", SIZES)
def test_split_has_the_size_that_the_readme_states(newswire: Path, split: str) -> None:
    documents = read(newswire / f"{split}.jsonl")
    assert (len(documents), len({d.group for d in documents})) == SIZES[split]


@pytest.mark.parametrize("split", ["train", "dev", "test", "pool.gold"])
def test_annotated_split_holds_only_what_the_task_allows(newswire: Path, split: str) -> None:
    task = make_task(read_settings().task)
    documents = read(newswire / f"{split}.jsonl")
    for document in documents:
        task.check(document)
    assert {span.label for d in documents for span in d.spans or ()} == set(task.labels)


def test_the_pool_is_not_annotated_and_its_gold_is_the_same_text(newswire: Path) -> None:
    pool, gold = read(newswire / "pool.jsonl"), read(newswire / "pool.gold.jsonl")
    assert all(document.annotation.is_empty for document in pool)
    assert [(d.id, d.text) for d in pool] == [(d.id, d.text) for d in gold]


def test_no_article_is_in_two_splits(newswire: Path) -> None:
    groups = [{d.group for d in read(newswire / f"{split}.jsonl")} for split in SIZES]
    assert sum(map(len, groups)) == len(set().union(*groups))


@pytest.mark.parametrize("recording", ["standard", "chain_of_thought"])
def test_every_sentence_has_a_recorded_reply(newswire: Path, recording: str) -> None:
    lines = (newswire / f"replies.{recording}.jsonl").read_text("utf-8").splitlines()
    recorded = {row["id"]: row["text"] for row in map(json.loads, lines)}
    assert recorded == {d.id: d.text for d in _everything(newswire)}


def test_pool_and_train_have_a_reply_of_the_local_teacher(newswire: Path) -> None:
    lines = (newswire / "replies.local.jsonl").read_text("utf-8").splitlines()
    recorded = [(row["id"], row["text"]) for row in map(json.loads, lines)]
    annotated = [*read(newswire / "pool.jsonl"), *read(newswire / "train.jsonl")]
    assert recorded == [(d.id, d.text) for d in annotated]


def _everything(newswire: Path) -> Iterator[Document]:
    for split in SIZES:
        yield from read(newswire / f"{split}.jsonl")
