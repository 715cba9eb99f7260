"""Scores files: a model, predictions or silver, against a gold file."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.jobs.appraise import Agreement, Appraisal, agreement, appraise
from vermeil.jobs.places import Places
from vermeil.tasks import task_for
from vermeil.tasks.protocol import Task


def evaluate_files(model: Path, gold: CorpusConfig, progress: Progress = silent) -> Appraisal:
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
    return appraise(predicted, documents, task_for((*documents, *predicted)))


def agreement_of_files(one: Path, other: Path) -> Agreement:
    """Compare two files of annotations of the same documents, such as those of two prompts.

    Raises:
        DataError: a file is missing or wrong, or they share no document.
    """
    left, right = (list(read_corpus(CorpusConfig(path=p, format="jsonl"))) for p in (one, other))
    found = agreement(left, right, task_for((*left, *right)))
    if found.counts.documents == 0:
        raise DataError(f"holds no document, by its id, that {one} holds, too", other)
    return found


def locate_record(silver: Path) -> dict[str, Any] | None:
    """Return what ``vermeil locate`` counted when it wrote a silver file; None where unknown.

    It stands beside the file, as `Places` has it: states of the documents, and how each mention was
    located, those that are not in the text included.
    """
    places = Places(silver.parent)
    if silver.name != places.silver.name or not places.located.is_file():
        return None
    with suppress(OSError, ValueError, KeyError, TypeError):
        record = json.loads(places.located.read_text(encoding="utf-8"))
        return {key: record[key] for key in ("states", "mentions")}
    return None


def _evaluate_model(model: Path, gold: CorpusConfig, progress: Progress) -> Appraisal:
    from vermeil.student import Student

    student = Student.load(model)
    documents = _gold(gold, student.task)
    plain = (document.with_annotation(UNANNOTATED) for document in documents)
    return appraise(list(student.predict(plain, progress)), documents, student.task)


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
