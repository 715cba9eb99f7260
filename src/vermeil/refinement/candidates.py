"""Candidates of the judge: the regions of every document, and statistics of their surfaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from vermeil.data.annotation_spans import uncertain_offsets, uncertainties
from vermeil.data.document import Document
from vermeil.data.region import Candidate
from vermeil.data.words import words_of
from vermeil.refinement.cache import ClassProbabilities
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.selection.signals import CandidateDocument, SurfaceStatisticsBySource
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex
from vermeil.tasks.protocol import Task


@dataclass(frozen=True, slots=True)
class ScorerPredictions:
    """Class probabilities of every document from the scorers, by id of the document.

    Args:
        students: of students that were not trained on the document; None: without students.
        auxiliary: of auxiliary scorers, by name. They were not trained on the gold labels of the
            gold documents that they score.
    """

    students: ClassProbabilities | None
    auxiliary: Mapping[str, ClassProbabilities]


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """A document for the judge.

    Args:
        document: the document as the teacher annotated it.
        candidates: its group, words, regions and the teacher's labels.
        predicted: the students' labels; without students, the teacher's.
        gold_labels: the labels that people gave, of a gold document.
    """

    document: Document
    candidates: CandidateDocument
    predicted: Candidate
    gold_labels: Candidate = ()


def collect_candidates(
    judge_corpora: JudgeCorpora, task: Task, predictions: ScorerPredictions
) -> tuple[list[JudgedDocument], list[JudgedDocument]]:
    """Return the candidates of the gold documents that the teacher annotated, and of silver.

    Args:
        judge_corpora: gold with the teacher's annotations, and the rest of silver.
        task: finds the regions of a document.
        predictions: class probabilities of every document.
    """
    pairs = zip(judge_corpora.teacher_labels, judge_corpora.gold, strict=True)
    of_gold = [_judged_document(own, task, predictions, gold) for own, gold in pairs]
    return of_gold, [_judged_document(own, task, predictions) for own in judge_corpora.silver]


def _judged_document(
    teacher_document: Document,
    task: Task,
    predictions: ScorerPredictions,
    gold: Document | None = None,
) -> JudgedDocument:
    known_as = teacher_document if gold is None else gold
    student_rows = None if predictions.students is None else predictions.students[known_as.id]
    auxiliary_rows = [scores[known_as.id] for scores in predictions.auxiliary.values()]
    words = words_of(known_as)
    candidates = CandidateDocument(
        known_as.group_or_id,
        WordIndex.from_text(teacher_document.text, words),
        task.regions(teacher_document, words, student_rows, auxiliary_rows),
        task.span_keys(teacher_document, words),
        gold is not None,
        uncertainties(teacher_document),
        uncertain_offsets(teacher_document.annotation),
    )
    predicted = candidates.teacher_labels
    if student_rows is not None:
        decoded = teacher_document.with_annotation(task.decode(words, student_rows))
        predicted = task.span_keys(decoded, words)
    gold_labels = () if gold is None else task.span_keys(gold, words)
    return JudgedDocument(teacher_document, candidates, predicted, gold_labels)


def surface_statistics(
    documents: Sequence[JudgedDocument], gold: Iterable[Document], task: Task
) -> SurfaceStatisticsBySource:
    """Count how teacher, students and people label the surfaces of all candidates.

    Args:
        documents: gold and silver documents with their candidates.
        gold: all gold documents, with or without the teacher's annotation.
        task: gives the labels of a gold document.
    """
    surfaces = _candidate_surfaces(documents)
    teacher, students, people = (SurfaceStatistics(task.labels, surfaces) for _ in range(3))
    for judged in documents:
        own = judged.candidates
        teacher.add(own.words, own.teacher_labels, own.group)
        students.add(own.words, judged.predicted, own.group)
    for document in gold:
        words = words_of(document)
        keys = task.span_keys(document, words)
        people.add(WordIndex.from_text(document.text, words), keys, document.group_or_id)
    return SurfaceStatisticsBySource(teacher, students, people)


def _candidate_surfaces(documents: Sequence[JudgedDocument]) -> set[str]:
    surfaces: set[str] = set()
    for judged in documents:
        regions = judged.candidates.regions
        candidates = chain.from_iterable(region.candidates for region in regions)
        extents = {(start, end) for candidate in candidates for start, end, _ in candidate}
        found = (judged.candidates.words.surface(*extent) for extent in extents)
        surfaces.update(surface for surface in found if surface is not None)
    return surfaces
