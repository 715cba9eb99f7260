"""Signals of documents from a student, an encoder, silver and the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.progress import Progress
from vermeil.data.words import words_of
from vermeil.errors import ConfigError
from vermeil.refinement.judging import JudgeResult
from vermeil.selection.ranking.config import UncertaintyMeasure
from vermeil.selection.ranking.disagreement import disputed_regions
from vermeil.selection.ranking.expected_errors import (
    UncertainRegion,
    region_surfaces,
    uncertain_regions,
)
from vermeil.selection.ranking.uncertainty import binary_rows, mean_uncertainty
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex
from vermeil.tasks.protocol import Task

DocumentRegions = tuple[WordIndex, tuple[UncertainRegion, ...]]
"""Words of a document, and its uncertain regions."""


@dataclass(frozen=True, slots=True)
class StudentSignals:
    """Signals of a student.

    Args:
        uncertainties: mean uncertainty of the words of each document, shape (documents,).
        words: number of words of each document, shape (documents,).
        probabilities: class probabilities of each document; empty if they were not wanted.
        is_calibrated: whether the student has a temperature other than 1.
    """

    uncertainties: NDArray[np.float64]
    words: NDArray[np.int64]
    probabilities: Sequence[NDArray[np.float32]]
    is_calibrated: bool


def student_signals(
    model: Path,
    documents: Sequence[Document],
    task: Task,
    measure: UncertaintyMeasure,
    progress: Progress,
    *,
    keep: bool,
) -> StudentSignals:
    """Return the signals of the student in a model folder.

    Args:
        model: a folder that `train` or `export` wrote.
        documents: the documents to rank.
        task: the configured task; the student must have the same classes.
        measure: uncertainty of a word.
        progress: called after every block of documents.
        keep: whether to return the class probabilities, too.

    Raises:
        ConfigError: the student has other classes, or its packages are not installed.
        DataError: the folder is not a student.
    """
    from vermeil.student.load import load_predictor

    predictor = load_predictor(model)
    if (predictor.task.name, predictor.task.classes) != (task.name, task.classes):
        raise ConfigError(
            f"rank.model: the student in {model} has the classes "
            f"{', '.join(predictor.task.classes)}, but [task] has {', '.join(task.classes)}; name "
            "a student of this task"
        )
    uncertainties, words, probabilities = [], [], []
    for encoded, rows in predictor.calibrated_proba(documents, progress):
        decisions = binary_rows(rows) if task.head == "sequence_per_label" else rows
        uncertainties.append(mean_uncertainty(decisions, measure))
        words.append(len(encoded.words))
        if keep:
            probabilities.append(rows)
    return StudentSignals(
        np.array(uncertainties, np.float64),
        np.array(words, np.int64),
        probabilities,
        predictor.temperature != 1,
    )


def disagreement_regions(
    documents: Sequence[Document], task: Task, probabilities: Sequence[NDArray[np.float32]]
) -> list[DocumentRegions]:
    """Return the regions of teacher and student, with the probability of the teacher's error.

    Args:
        documents: documents with the teacher's annotation.
        task: finds the regions.
        probabilities: the student's class probabilities of each document.
    """
    ranges = [words_of(document) for document in documents]
    words = [WordIndex.from_text(one.text, own) for one, own in zip(documents, ranges, strict=True)]
    regions = [
        task.regions(one, own, rows)
        for one, own, rows in zip(documents, ranges, probabilities, strict=True)
    ]
    surfaces = {
        surface
        for own, found in zip(words, regions, strict=True)
        for region in found
        for surface in region_surfaces(own, region)
    }
    statistics = SurfaceStatistics(task.labels, surfaces)
    for document, own, index in zip(documents, ranges, words, strict=True):
        statistics.add(index, task.span_keys(document, own), document.group_or_id)
    return [
        (own, disputed_regions(own, found, statistics))
        for own, found in zip(words, regions, strict=True)
    ]


def judged_regions(
    documents: Sequence[Document], judge_result: JudgeResult
) -> list[DocumentRegions]:
    """Return the regions of the judge, with the probability that its best candidate is wrong.

    A document that the judge did not judge has no region.

    Args:
        documents: documents with the teacher's annotation.
        judge_result: of `vermeil.select` or `vermeil.refine` over the same documents.
    """
    by_id = {judged.document.id: (judged, regions) for judged, regions in judge_result.silver}
    found: list[DocumentRegions] = []
    for document in documents:
        if document.id not in by_id:
            found.append((WordIndex.from_text(document.text, words_of(document)), ()))
            continue
        judged, regions = by_id[document.id]
        words = judged.candidates.words
        statistics = judge_result.surface_statistics
        found.append((words, uncertain_regions(words, regions, statistics)))
    return found


def embeddings_of(
    documents: Sequence[Document],
    annotated: Sequence[Document],
    encoder: str,
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the sentence embeddings of documents and of annotated documents.

    Args:
        documents: the documents to rank.
        annotated: documents that are annotated already.
        encoder: ``embedded``, a folder, or a Hub id.
        progress: called after every batch of texts.
    """
    from vermeil.student.network.embedding import embed_texts

    texts = [document.text for document in (*documents, *annotated)]
    embeddings = embed_texts(texts, encoder, progress)
    return embeddings[: len(documents)], embeddings[len(documents) :]
