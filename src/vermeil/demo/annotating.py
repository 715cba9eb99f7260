"""Phase 1 of the demo: two recorded teachers annotate over HTTP and are scored against gold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.counts import Counts
from vermeil.data.document import Document
from vermeil.data.mention import Status
from vermeil.data.progress import Progress
from vermeil.demo.corpus import NEWSWIRE
from vermeil.jobs.annotate import AnnotateReport, annotate
from vermeil.jobs.appraise import Appraisal, agreement, appraise
from vermeil.jobs.demonstrations import choose_demonstrations
from vermeil.jobs.locate import LocateReport, locate
from vermeil.jobs.run_folder import RunFolder
from vermeil.studies.results.context import AgreementRow, TeacherRow
from vermeil.studies.results.load import context_from_record
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.replay.server import ReplayServer

RECORDINGS = {
    "standard": "replies.standard.jsonl",
    "chain_of_thought": "replies.chain_of_thought.jsonl",
}
"""Prompt of the strong teacher to the file of its recorded replies."""

WEAK = "weak_teacher"
"""Name of the second teacher in tables, and of its silver in the study."""
WEAK_RECORDING = "replies.local.jsonl"
WEAK_MODEL = "Qwen2.5-Coder-1.5B-Instruct"
"""Model of this recording; the README of the sample describes how it was made."""

_LOCATED_STATUSES = (Status.EXACT, Status.NORMALISED, Status.FUZZY, Status.AMBIGUOUS)
"""Statuses of mentions that become spans; an ambiguous mention becomes a span at every place."""


@dataclass(frozen=True, slots=True)
class NewswireCorpus:
    """Documents of the sample corpus.

    Args:
        train: gold for training.
        dev: gold for model selection.
        test: gold for reporting.
        pool: unannotated documents.
        pool_gold: the pool with gold, used only to score the teacher.
    """

    train: list[Document]
    dev: list[Document]
    test: list[Document]
    pool: list[Document]
    pool_gold: list[Document]


@dataclass(frozen=True, slots=True)
class PromptResult:
    """Annotations and scores of the teacher with one prompt.

    Args:
        prompt: name of the prompt.
        annotate_report: states of the requests.
        pool: the pool as silver, with the teacher's score against gold.
        train: the training sentences as silver, with the teacher's score against gold.
        appraisal: scores of the teacher on pool and training sentences.
    """

    prompt: str
    annotate_report: AnnotateReport
    pool: LocateReport
    train: LocateReport
    appraisal: Appraisal

    @property
    def train_counts(self) -> Counts:
        """Scores of the teacher on the training sentences, the only gold that a user has."""
        return self.train.against_gold.counts if self.train.against_gold else Counts()

    @property
    def documents(self) -> tuple[Document, ...]:
        """All annotated documents."""
        return (*self.pool.documents, *self.train.documents)

    @property
    def mentions(self) -> int:
        """Number of mentions in the replies about the pool."""
        return sum(self.pool.mentions.values())

    @property
    def located(self) -> int:
        """Number of these mentions that were located in the text."""
        return sum(
            number for status, number in self.pool.mentions.items() if status in _LOCATED_STATUSES
        )

    def as_row(self) -> TeacherRow:
        """Return the result for tables, report and JSON."""
        record = {
            "prompt": self.prompt,
            "counts": self.appraisal.as_dict(),
            "states": {state.value: n for state, n in self.annotate_report.states.items()},
            "mentions": dict(
                Counter({s.value: n for s, n in self.pool.mentions.items()})
                + Counter({s.value: n for s, n in self.train.mentions.items()})
            ),
        }
        return context_from_record({"teacher": [record]}).teacher[0]


def agreements(annotated: Sequence[PromptResult], task: Task) -> tuple[AgreementRow, ...]:
    """Return the agreement of each pair of prompts, for the report."""
    records = [
        {
            "prompts": [one.prompt, other.prompt],
            **agreement(one.documents, other.documents, task).as_dict(),
        }
        for one, other in combinations(annotated, 2)
    ]
    return context_from_record({"agreement": records}).agreement


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
    """Annotate pool and training sentences with both prompts, by the strong recorded teacher.

    Args:
        corpus: the sample corpus.
        task: renders the prompts and parses the replies.
        teacher: the shared settings; address, model and prompt are replaced.
        run_folder: the demo's folder, with the sample corpus and its recordings.
        progress: called with stage, done, total and details.
    """
    models = {prompt: f"recorded-{prompt.replace('_', '-')}" for prompt in RECORDINGS}
    files = {models[prompt]: _recording(run_folder, name) for prompt, name in RECORDINGS.items()}
    with ReplayServer(files) as server:
        return [
            _annotate(
                prompt,
                corpus,
                task,
                _replayed(teacher, server, model, prompt=prompt),
                run_folder,
                progress,
            )
            for prompt, model in models.items()
        ]


def annotate_weakly(
    corpus: NewswireCorpus,
    config: TaskConfig,
    teacher: TeacherConfig,
    run_folder: RunFolder,
    progress: Progress,
) -> PromptResult:
    """Annotate pool and training sentences by the weak recorded teacher, as it was recorded.

    Its prompt shows five gold sentences, and its reply has one mention per line.

    Args:
        corpus: the sample corpus.
        config: the task of the demo; its reply format is replaced.
        teacher: the shared settings; address, model and demonstrations are replaced.
        run_folder: the demo's folder, with the sample corpus and its recordings.
        progress: called with stage, done, total and details.
    """
    task = make_task(config.model_copy(update={"reply_format": "lines"}))
    demonstrations = DemonstrationsConfig(kind="covering")
    shown = choose_demonstrations(demonstrations, corpus.train, ())
    with ReplayServer({WEAK: _recording(run_folder, WEAK_RECORDING)}) as server:
        replayed = _replayed(teacher, server, WEAK, demonstrations=demonstrations)
        return _annotate(WEAK, corpus, task, replayed, run_folder, progress, shown)


def _recording(run_folder: RunFolder, name: str) -> Path:
    return run_folder.path / NEWSWIRE.name / name


def _replayed(
    teacher: TeacherConfig, server: ReplayServer, model: str, **values: object
) -> TeacherConfig:
    address = {"base_url": server.base_url, "model": model}
    return teacher.model_copy(update={**address, **values})


def _annotate(
    name: str,
    corpus: NewswireCorpus,
    task: Task,
    config: TeacherConfig,
    run_folder: RunFolder,
    progress: Progress,
    shown: Demonstrations = NO_DEMONSTRATIONS,
) -> PromptResult:
    """Annotate pool and training sentences, and score the annotations."""
    store, texts = run_folder.replies, [*corpus.pool, *corpus.train]
    annotate_report = annotate(texts, task, config, store, progress, shown)
    pool = locate(corpus.pool_gold, task, config, store, progress, shown)
    train = locate(corpus.train, task, config, store, progress, shown)
    silver, gold = (*pool.documents, *train.documents), (*corpus.pool_gold, *corpus.train)
    return PromptResult(name, annotate_report, pool, train, appraise(silver, gold, task))
