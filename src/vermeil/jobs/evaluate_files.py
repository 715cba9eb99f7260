"""Scores of a model folder or a file of predictions against a gold file."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.evaluation.calibration import Reliability, reliability
from vermeil.jobs.appraise import Agreement, Appraisal, agreement, appraise
from vermeil.jobs.calibrate import collect_span_scores
from vermeil.jobs.run_folder import RunFolder
from vermeil.tasks import task_for
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores against gold, and the calibration of the predicted scores.

    Args:
        appraisal: counts over all gold documents, intervals and hardest documents.
        reliability: calibration of the predicted spans that have a score; None if none has.
    """

    appraisal: Appraisal
    reliability: Reliability | None

    def as_dict(self) -> dict[str, Any]:
        """Return the scores for JSON, as ``vermeil evaluate --json`` prints them."""
        calibration = None if self.reliability is None else self.reliability.as_dict()
        return {**self.appraisal.as_dict(), "reliability": calibration}


def evaluate_files(
    model: Path,
    gold: CorpusConfig,
    progress: Progress = silent,
    precision: Precision = "fp32",
) -> Evaluation:
    """Score a model folder, or a file of predictions in any format, against gold.

    The task of a model folder is stored in it. For a file of predictions, the label set is the
    labels that occur in either file.

    Args:
        model: a model folder, or a corpus of predictions. A folder is read as a model unless its
            path begins with a format: ``brat:folder``.
        gold: documents that people annotated.
        progress: called with stage, done, total and details during prediction.
        precision: as for `vermeil.jobs.predict.predict`.

    Raises:
        ConfigError: the packages that run the model, or read a format, are not installed.
        DataError: a file is missing or cannot be read, or gold holds no annotated document.
    """
    corpus = CorpusConfig(path=model)
    if not corpus.path.exists():
        raise DataError("no such model folder or file of predictions", corpus.path)
    if corpus.path.is_dir() and corpus.format == "auto":
        return _evaluate_model(model, gold, progress, precision)
    documents = _read_gold(gold, None)
    predicted = list(read_corpus(corpus))
    return _evaluate(predicted, documents, task_for((*documents, *predicted)))


def agreement_of_files(first: Path, second: Path) -> Agreement:
    """Compare two files of annotations of the same documents, for example of two prompts.

    Args:
        first: a corpus in any format.
        second: a corpus in any format.

    Raises:
        DataError: a file is missing or cannot be read, or the files share no document.
    """
    left, right = (list(read_corpus(CorpusConfig(path=p))) for p in (first, second))
    found = agreement(left, right, task_for((*left, *right)))
    if found.counts.documents == 0:
        raise DataError(f"shares no document id with {first}; compare files of one corpus", second)
    return found


def locate_record(silver: Path) -> dict[str, Any] | None:
    """Return the counts of ``vermeil locate`` for a silver file; None if they are not known.

    They are read from the report beside the file: states of the documents, and statuses of all
    mentions, including those that are not in the text.

    Args:
        silver: the silver file of a run folder.
    """
    run_folder = RunFolder(silver.parent)
    if silver.name != run_folder.silver.name or not run_folder.locate_report.is_file():
        return None
    with suppress(OSError, ValueError, KeyError, TypeError):
        record = json.loads(run_folder.locate_report.read_text(encoding="utf-8"))
        return {key: record[key] for key in ("states", "mentions")}
    return None


def _evaluate_model(
    model: Path, gold: CorpusConfig, progress: Progress, precision: Precision
) -> Evaluation:
    from vermeil.student.load import load_predictor, require_model

    require_model("vermeil evaluate", model)
    predictor = load_predictor(model, precision)
    documents = _read_gold(gold, predictor.task)
    plain = (document.with_annotation(UNANNOTATED) for document in documents)
    return _evaluate(list(predictor.predict(plain, progress)), documents, predictor.task)


def _evaluate(predicted: list[Document], gold: list[Document], task: Task) -> Evaluation:
    appraisal = appraise(predicted, gold, task)
    by_id = {document.id: document.annotation for document in predicted}
    scores, correct = collect_span_scores((one.annotation, by_id[one.id]) for one in gold)
    return Evaluation(appraisal, reliability(scores, correct) if scores else None)


def _read_gold(corpus: CorpusConfig, task: Task | None) -> list[Document]:
    documents = list(read_corpus(corpus, task.check if task else None))
    if not documents:
        raise DataError("holds no documents", corpus.path)
    unannotated = sum(document.annotation.is_empty for document in documents)
    if unannotated:
        raise DataError(
            f"{unannotated} of {len(documents)} documents are not annotated; expected gold",
            corpus.path,
        )
    return documents
