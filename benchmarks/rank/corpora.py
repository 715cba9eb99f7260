"""The corpora of the simulation: documents to choose from, with the labels that an annotator gives.

| setting | annotator | documents | sizes |
|---|---|---|---|
| people-conll | gold of CoNLL-2003; ChatGPT's labels are silver | train | 250 to 1,000 |
| people-wnut | gold of WNUT-17 | train | 250 to 1,000 |
| teacher-chatgpt | ChatGPT on CoNLL-2003, and 250 gold | 10,000 of train | 1,000 to 4,000 |
| teacher-strong | a large model on CoNLL-2003, and 250 gold | 4,005 of train | 500 to 2,000 |
| teacher-newswire | the teacher of the sample corpus, with its gold | its pool | 200 to 800 |

Replies of the large model exist for 4,005 sentences only, so its sizes leave half of them to choose
from.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import conll, replies

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.reply import Reply
from vermeil.demo.corpus import NEWSWIRE
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task

GOLD_OF_TEACHER = 250
"""Gold sentences of the settings with a teacher on CoNLL-2003; drawn by seed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One set of documents.

    Args:
        task: the task.
        candidates: documents to choose from, as a strategy sees them: without labels, or with the
            teacher's labels where a person corrects them.
        labels: id to the document with the annotator's labels.
        test: gold documents to score on.
        dev: gold documents to calibrate on.
        sizes: numbers of annotated documents; the first are drawn at random.
        gold: gold documents to draw from, where the annotator is a teacher.
        gold_size: number of gold documents of a seed.
    """

    task: Task
    candidates: Sequence[Document]
    labels: dict[str, Document]
    test: Sequence[Document]
    dev: Sequence[Document]
    sizes: tuple[int, ...]
    gold: Sequence[Document] = ()
    gold_size: int = 0

    @property
    def for_person(self) -> bool:
        """Whether a person annotates the documents."""
        return not self.gold_size

    @property
    def has_silver(self) -> bool:
        """Whether the candidates have the labels of a teacher."""
        return any(not one.annotation.is_empty for one in self.candidates)

    def gold_of(self, seed: int) -> list[Document]:
        """Return the gold documents of a seed, where the annotator is a teacher."""
        order = np.random.default_rng([seed, 1]).permutation(len(self.gold))[: self.gold_size]
        return [self.gold[number] for number in order.tolist()]


PEOPLE = (250, 600, 1000)
CHATGPT = (1000, 2400, 4000)
STRONG = (500, 1200, 2000)
NEWSWIRE_SIZES = (200, 480, 800)

CHATGPT_POOL = 10_000
"""Sentences to choose from; gold is drawn from the other articles of train."""


def people_conll() -> Setting:
    """Return CoNLL-2003: ChatGPT's labels are corrected into gold."""
    train, silver = conll.corpus("train"), conll.corpus("train", "chatgpt")
    return Setting(
        conll.TASK, silver, _by_id(train), conll.corpus("test"), conll.corpus("dev"), PEOPLE
    )


def people_wnut() -> Setting:
    """Return WNUT-17, without silver."""
    names = ("corporation", "creative-work", "group", "location", "person", "product")
    task = make_task(TaskConfig.model_validate({"labels": {name: {} for name in names}}))
    folder = Path(os.environ["VERMEIL_DATA"]) / "wnut17"
    train, dev, test = (
        list(read_corpus(CorpusConfig(path=folder / f"{split}.jsonl.gz"), task.check))
        for split in ("train", "dev", "test")
    )
    return Setting(task, _plain(train), _by_id(train), test, dev, PEOPLE)


def teacher_chatgpt() -> Setting:
    """Return CoNLL-2003 with ChatGPT as the teacher."""
    silver = conll.corpus("train", "chatgpt")[:CHATGPT_POOL]
    return _with_gold(conll.TASK, silver, CHATGPT)


def teacher_strong() -> Setting:
    """Return CoNLL-2003 with a large model of 2026 as the teacher."""
    task = replies.task_of(("PER", "ORG", "LOC", "MISC"), "json")
    own = _by_id(conll.corpus("train"))
    rows = replies.rows_of(Path(os.environ["VERMEIL_DATA"]), "llm2026_conll2003_train")
    read = [(own[row["id"]], row["standard"]) for row in rows if row["id"] in own]
    silver = [_replied(task, document, reply) for document, reply in read]
    return _with_gold(task, silver, STRONG)


def teacher_newswire() -> Setting:
    """Return the sample corpus with its recorded teacher."""
    task = replies.task_of(("PER", "ORG", "LOC", "MISC"), "json")
    with (NEWSWIRE / "replies.standard.jsonl").open("rb") as lines:
        recorded = {row["id"]: row["reply"] for row in map(json.loads, lines)}
    pool, gold, dev, test = (
        list(read_corpus(CorpusConfig(path=NEWSWIRE / f"{name}.jsonl")))
        for name in ("pool", "train", "dev", "test")
    )
    silver = [_replied(task, one, recorded[one.id]) for one in pool if one.id in recorded]
    return Setting(task, _plain(silver), _by_id(silver), test, dev, NEWSWIRE_SIZES, gold, len(gold))


SETTINGS: dict[str, Callable[[], Setting]] = {
    "people-conll": people_conll,
    "people-wnut": people_wnut,
    "teacher-chatgpt": teacher_chatgpt,
    "teacher-strong": teacher_strong,
    "teacher-newswire": teacher_newswire,
}


def _with_gold(task: Task, silver: Sequence[Document], sizes: tuple[int, ...]) -> Setting:
    """Return CoNLL-2003 with the labels of a teacher; gold is from other articles."""
    groups = {one.group_or_id for one in silver}
    gold = [one for one in conll.corpus("train") if one.group_or_id not in groups]
    return Setting(
        task,
        _plain(silver),
        _by_id(silver),
        conll.corpus("test"),
        conll.corpus("dev"),
        sizes,
        gold,
        GOLD_OF_TEACHER,
    )


def _replied(task: Task, document: Document, reply: str) -> Document:
    annotation = task.read(document.text, Reply(reply)).annotation
    return document.with_annotation(annotation)


def _plain(documents: Sequence[Document]) -> list[Document]:
    return [one.with_annotation(UNANNOTATED) for one in documents]


def _by_id(documents: Sequence[Document]) -> dict[str, Document]:
    return {one.id: one for one in documents}
