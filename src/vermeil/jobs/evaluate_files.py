"""Scores files: a model, predictions or silver, against a gold file."""

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
    """Scores, and how far the spans' own scores can be relied on.

    Args:
        appraisal: counts over all gold documents, and more.
        reliability: of the predicted spans that have a score; None where none has.
    """

    appraisal: Appraisal
    reliability: Reliability | None

    def as_dict(self) -> dict[str, Any]:
        """The shape that ``vermeil evaluate --json`` prints."""
        told = None if self.reliability is None else self.reliability.as_dict()
        return {**self.appraisal.as_dict(), "reliability": told}


def evaluate_files(
    model: Path,
    gold: CorpusConfig,
    progress: Progress = silent,
    precision: Precision = "fp32",
) -> Evaluation:
    """Score a model folder, or a file of predictions in any format, against gold.

    A model brings its task; with predictions, the labels are those that occur in either file. A
    folder is a model, unless its path begins with a format: ``brat:folder``.
    ``precision`` is as for `vermeil.jobs.predict.predict`.

    Raises:
        ConfigError: what computes the model, or reads a format, is not installed.
        DataError: a file is missing or wrong, or there is nothing to score.
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
    """Compare two files of annotations of the same documents, such as those of two prompts.

    Raises:
        DataError: a file is missing or wrong, or they share no document.
    """
    left, right = (list(read_corpus(CorpusConfig(path=p))) for p in (first, second))
    found = agreement(left, right, task_for((*left, *right)))
    if found.counts.documents == 0:
        raise DataError(f"holds no document, by its id, that {first} holds, too", second)
    return found


def locate_record(silver: Path) -> dict[str, Any] | None:
    """Return what ``vermeil locate`` counted when it wrote a silver file; None where unknown.

    It stands beside the file, as `RunFolder` has it: states of the documents, and how each mention was
    located, those that are not in the text included.
    """
    places = RunFolder(silver.parent)
    if silver.name != places.silver.name or not places.locate_report.is_file():
        return None
    with suppress(OSError, ValueError, KeyError, TypeError):
        record = json.loads(places.locate_report.read_text(encoding="utf-8"))
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
    bare = sum(document.annotation.is_empty for document in documents)
    if bare:
        raise DataError(
            f"{bare} of {len(documents)} documents are not annotated; expected gold", corpus.path
        )
    return documents
