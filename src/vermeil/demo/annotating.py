"""Phase 1 of the demo: a recorded teacher annotates over HTTP, and is measured against gold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.counts import Counts
from vermeil.data.document import Document
from vermeil.data.mention import Status
from vermeil.data.progress import Progress
from vermeil.demo.corpus import NEWSWIRE
from vermeil.jobs.annotate import AnnotateReport, annotate
from vermeil.jobs.appraise import Appraisal, agreement, appraise
from vermeil.jobs.locate import LocateReport, locate
from vermeil.jobs.run_folder import RunFolder
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.replay.server import ReplayServer

RECORDINGS = {
    "standard": "replies.standard.jsonl",
    "chain_of_thought": "replies.chain_of_thought.jsonl",
}
"""Prompt to the file of recorded replies to it."""

_LOCATED_STATUSES = (Status.EXACT, Status.NORMALISED, Status.FUZZY, Status.AMBIGUOUS)
"""Statuses of mentions that are spans; ambiguous ones are, since every place is taken."""


@dataclass(frozen=True, slots=True)
class NewswireCorpus:
    """The sample corpus, read.

    Args:
        train: gold, for training.
        dev: gold, for choosing.
        test: gold, for reporting.
        pool: unannotated.
        pool_gold: the pool's gold labels, which only the teacher's score may use.
    """

    train: list[Document]
    dev: list[Document]
    test: list[Document]
    pool: list[Document]
    pool_gold: list[Document]


@dataclass(frozen=True, slots=True)
class PromptResult:
    """What one prompt brought.

    Args:
        prompt: the prompt's name.
        annotate_report: states of the requests.
        pool: the pool as silver, with the teacher's score against its gold.
        train: the gold training sentences as silver, with the teacher's score against them.
        appraisal: the teacher against gold wherever the demo has it: pool and training sentences.
    """

    prompt: str
    annotate_report: AnnotateReport
    pool: LocateReport
    train: LocateReport
    appraisal: Appraisal

    @property
    def train_counts(self) -> Counts:
        """The teacher against the gold that a user would have: the training sentences."""
        return self.train.against_gold.counts if self.train.against_gold else Counts()

    @property
    def documents(self) -> tuple[Document, ...]:
        """All that it annotated."""
        return (*self.pool.documents, *self.train.documents)

    @property
    def mentions(self) -> int:
        """How many mentions the replies about the pool hold."""
        return sum(self.pool.mentions.values())

    @property
    def located(self) -> int:
        """How many of them stand in the text and are spans now."""
        return sum(
            number for status, number in self.pool.mentions.items() if status in _LOCATED_STATUSES
        )

    def as_row(self) -> dict[str, Any]:
        """For tables, report and JSON."""
        return {
            "prompt": self.prompt,
            "counts": self.appraisal.as_dict(),
            "states": {state.value: n for state, n in self.annotate_report.states.items()},
            "mentions": dict(
                Counter({s.value: n for s, n in self.pool.mentions.items()})
                + Counter({s.value: n for s, n in self.train.mentions.items()})
            ),
        }


def agreements(annotated: Sequence[PromptResult], task: Task) -> list[dict[str, Any]]:
    """Return how far each two prompts agree, for the report."""
    return [
        {
            "prompts": [one.prompt, other.prompt],
            **agreement(one.documents, other.documents, task).as_dict(),
        }
        for one, other in combinations(annotated, 2)
    ]


def read_newswire(folder: Path) -> NewswireCorpus:
    """Read the sample corpus from its folder."""

    def read(name: str) -> list[Document]:
        return list(read_corpus(CorpusConfig(path=folder / name)))

    return NewswireCorpus(
        train=read("train.jsonl"),
        dev=read("dev.jsonl"),
        test=read("test.jsonl"),
        pool=read("pool.jsonl"),
        pool_gold=read("pool.gold.jsonl"),
    )


def annotate_newswire(
    corpus: NewswireCorpus,
    task: Task,
    teacher: TeacherConfig,
    run_folder: RunFolder,
    progress: Progress,
) -> list[PromptResult]:
    """Ask the recorded teacher about pool and training sentences with both prompts, over HTTP.

    Args:
        corpus: the sample.
        task: renders the prompts and reads the replies.
        teacher: how to ask; address, model and prompt are put in here.
        run_folder: the demo's folder, which holds the sample and its recordings.
        progress: told where the work stands.
    """
    models = {prompt: f"recorded-{prompt.replace('_', '-')}" for prompt in RECORDINGS}
    files = {
        models[prompt]: run_folder.path / NEWSWIRE.name / name
        for prompt, name in RECORDINGS.items()
    }
    results = []
    with ReplayServer(files) as server:
        for prompt, model in models.items():
            here = {"base_url": server.base_url, "model": model, "prompt": prompt}
            config = teacher.model_copy(update=here)
            asked = annotate(
                [*corpus.pool, *corpus.train], task, config, run_folder.replies, progress
            )
            pool = locate(corpus.pool_gold, task, config, run_folder.replies, progress)
            train = locate(corpus.train, task, config, run_folder.replies, progress)
            said, gold = (*pool.documents, *train.documents), (*corpus.pool_gold, *corpus.train)
            results.append(PromptResult(prompt, asked, pool, train, appraise(said, gold, task)))
    return results
