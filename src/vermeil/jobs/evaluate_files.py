"""Scores files: a model, or predictions that somebody wrote, against a gold file."""

from __future__ import annotations

from pathlib import Path

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.counts import Counts
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.jobs.evaluate import evaluate
from vermeil.tasks import task_for
from vermeil.tasks.protocol import Task


def evaluate_files(model: Path, gold: CorpusConfig, progress: Progress = silent) -> Counts:
    """Score a model folder, or a JSONL file of predictions, against gold.

    A model brings its task; with predictions, the labels are those that occur in either file.

    Raises:
        DataError: a file is missing or wrong, or there is nothing to score.
    """
    if not model.exists():
        raise DataError("no such model folder or file of predictions", model)
    if model.is_dir():
        return _evaluate_model(model, gold, progress)
    documents = _gold(gold, None)
    predicted = list(read_corpus(CorpusConfig(path=model, format="jsonl")))
    return evaluate(predicted, documents, task_for((*documents, *predicted)))


def _evaluate_model(model: Path, gold: CorpusConfig, progress: Progress) -> Counts:
    from vermeil.student import Student

    student = Student.load(model)
    documents = _gold(gold, student.task)
    plain = (document.with_annotation(UNANNOTATED) for document in documents)
    return evaluate(list(student.predict(plain, progress)), documents, student.task)


def _gold(corpus: CorpusConfig, task: Task | None) -> list[Document]:
    documents = list(read_corpus(corpus, task.check if task else None))
    if not documents:
        raise DataError("holds no documents", corpus.path)
    bare = sum(document.annotation.is_empty for document in documents)
    if bare:
        raise DataError(
            f"{bare} of {len(documents)} documents are not annotated; expected gold", corpus.path
        )
    return documents
