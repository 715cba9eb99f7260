"""Scores of a model folder or a file of predictions against a gold file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.reading import LOGGER, ReadReport
from vermeil.corpora.source import stem_of
from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.malformed import MALFORMED
from vermeil.data.progress import Progress, silent
from vermeil.errors import DataError
from vermeil.evaluation.calibration import Reliability, reliability
from vermeil.jobs.appraise import Agreement, Appraisal, agreement, appraise
from vermeil.jobs.calibrate import collect_scores
from vermeil.jobs.run_folder import RunFolder
from vermeil.tasks import task_for
from vermeil.tasks.added_labels import with_unknown_labels
from vermeil.tasks.pair_task import pair_task
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores against gold, and the calibration of the predicted scores.

    Args:
        appraisal: counts over all gold documents, intervals and hardest documents.
        reliability: calibration of the predicted spans that have a score; None if none has.
        relations: the same of the predicted relations.
    """

    appraisal: Appraisal
    reliability: Reliability | None
    relations: Reliability | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the scores for JSON, as ``vermeil evaluate --json`` prints them."""
        calibration = None if self.reliability is None else self.reliability.as_dict()
        found = {**self.appraisal.as_dict(), "reliability": calibration}
        if self.relations is not None:
            found["relation_reliability"] = self.relations.as_dict()
        return found


def evaluate_files(
    model: Path,
    gold: CorpusConfig,
    progress: Progress = silent,
    precision: Precision = "fp32",
    on_read: Callable[[ReadReport], None] | None = None,
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
        on_read: called with the report of each file that was read.

    Raises:
        ConfigError: the packages that run the model, or read a format, are not installed.
        DataError: a file is missing or cannot be read, or gold holds no annotated document.
    """
    corpus = CorpusConfig(path=model)
    if not corpus.path.exists():
        raise DataError("no such model folder or file of predictions", corpus.path)
    if corpus.path.is_dir() and corpus.format == "auto":
        return _evaluate_model(model, gold, progress, precision, on_read)
    documents = _read_gold(gold, None, on_read)
    predicted = with_ids_of(
        documents, gold.path, list(read_corpus(corpus, on_read=on_read)), corpus.path
    )
    return _evaluate(predicted, documents, task_for((*documents, *predicted)))


def agreement_of_files(first: Path, second: Path) -> Agreement:
    """Compare two files of annotations of the same documents, for example of two prompts.

    Args:
        first: a corpus in any format.
        second: a corpus in any format.

    Raises:
        DataError: a file is missing or cannot be read, or the files share no document.
    """
    corpora = [CorpusConfig(path=path) for path in (first, second)]
    left, right = (list(read_corpus(corpus)) for corpus in corpora)
    right = with_ids_of(left, corpora[0].path, right, corpora[1].path)
    found = agreement(left, right, task_for((*left, *right)))
    if found.counts.documents == 0:
        raise DataError(f"shares no document id with {first}; compare files of one corpus", second)
    return found


def with_ids_of(
    documents: list[Document], path: Path, others: list[Document], other_path: Path
) -> list[Document]:
    """Return documents with the ids of the same texts in another file, if ids are file names.

    A file without ids numbers its documents, with the name of the file (``gold-0``). If the two
    files then share no id, their documents are matched by order, provided that all texts are equal.

    Args:
        documents: documents with the ids to use.
        path: their file.
        others: documents of the same texts, in the same order.
        other_path: their file.

    Raises:
        DataError: the texts differ, so that the documents cannot be matched.
    """
    if {one.id for one in documents} & {one.id for one in others}:
        return others
    if not (_has_made_ids(documents, path) or _has_made_ids(others, other_path)):
        return others
    ids = (
        f"no id is in both files ({others[0].id}, {documents[0].id}), since ids were made from a "
        "file name; documents are matched by their order"
    )
    if len(documents) != len(others):
        raise DataError(
            f"holds {len(others)} documents, but {path} holds {len(documents)}; {ids}", other_path
        )
    for number, (one, other) in enumerate(zip(documents, others, strict=True), 1):
        if one.text != other.text:
            raise DataError(
                f"document {number} has another text than in {path}; {ids}. Give both files the "
                "same texts, or ids",
                other_path,
            )
    LOGGER.info("%s: %s", other_path, ids)
    return [replace(other, id=one.id) for one, other in zip(documents, others, strict=True)]


def _has_made_ids(documents: list[Document], path: Path) -> bool:
    made = re.compile(re.escape(stem_of(path)) + r"[-:]\d+")
    return bool(documents) and all(made.fullmatch(document.id) for document in documents)


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
    with suppress(OSError, *MALFORMED):
        record = json.loads(run_folder.locate_report.read_text(encoding="utf-8"))
        return {key: record[key] for key in ("states", "mentions")}
    return None


def _evaluate_model(
    model: Path,
    gold: CorpusConfig,
    progress: Progress,
    precision: Precision,
    on_read: Callable[[ReadReport], None] | None,
) -> Evaluation:
    from vermeil.student.load import load_predictor, require_model

    require_model("vermeil evaluate", model)
    predictor = load_predictor(model, precision)
    documents = _read_gold(gold, predictor.task, on_read)
    plain = (document.with_annotation(UNANNOTATED) for document in documents)
    return _evaluate(list(predictor.predict(plain, progress)), documents, predictor.task)


def _evaluate(predicted: list[Document], gold: list[Document], task: Task) -> Evaluation:
    appraisal = appraise(predicted, gold, task)
    by_id = {document.id: document.annotation for document in predicted}
    scores, correct = collect_scores(task, ((one.annotation, by_id[one.id]) for one in gold))
    own = reliability(scores, correct) if scores else None
    return Evaluation(appraisal, own, _relation_reliability(by_id, gold, task))


def _relation_reliability(
    predicted: Mapping[str, Annotation], gold: list[Document], task: Task
) -> Reliability | None:
    """Return the calibration of the predicted relations; None if none has a score.

    Documents of gold without annotated relations are left out.
    """
    pairs = pair_task(task)
    if pairs is None:
        return None
    known = (one for one in gold if one.annotation.relations is not None)
    found = [
        scored
        for one in known
        for scored in pairs.scored_relations(one.annotation, predicted[one.id])
    ]
    if not found:
        return None
    return reliability([score for score, _ in found], [correct for _, correct in found])


def _read_gold(
    corpus: CorpusConfig, task: Task | None, on_read: Callable[[ReadReport], None] | None
) -> list[Document]:
    documents = list(read_corpus(corpus, task.check if task else None, on_read))
    if not documents:
        raise DataError("holds no documents", corpus.path)
    documents = documents if task is None else with_unknown_labels(documents, task)
    unannotated = sum(document.annotation.is_empty for document in documents)
    if unannotated:
        raise DataError(
            f"{unannotated} of {len(documents)} documents are not annotated; expected gold",
            corpus.path,
        )
    return documents
