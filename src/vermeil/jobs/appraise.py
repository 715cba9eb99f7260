"""Detailed scores of annotations: confidence intervals, kinds of error, hardest documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vermeil.blending.advice import BlendAdvice, advise
from vermeil.data.counts import Counts, MatchCounts, sum_counts
from vermeil.data.document import Annotation, Document
from vermeil.evaluation.bootstrap import score_intervals
from vermeil.evaluation.documents import score_documents
from vermeil.evaluation.matching import matching_scores
from vermeil.refinement.judge_corpora import divide_corpora
from vermeil.tasks.hierarchy import counts_by_level
from vermeil.tasks.protocol import TEXT_HEADS, Task

OVERALL = "overall"
RESAMPLES = 1000
HARDEST_SHOWN = 10
"""Largest number of hardest documents in a report."""
MINIMUM_ITEMS = 20
"""Smallest number of gold labels from which advice is derived."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class HardDocument:
    """A document with errors.

    Args:
        id: its id.
        group: its group, or its id if it has none.
        gold: number of gold items.
        missed: number of gold items without a matching predicted item.
        wrong: number of predicted items without a matching gold item.
        answered: whether the document has a predicted annotation.
    """

    id: str
    group: str
    gold: int
    missed: int
    wrong: int
    answered: bool

    @property
    def errors(self) -> int:
        """Number of missed and wrong items."""
        return self.missed + self.wrong


@dataclass(frozen=True, slots=True)
class Appraisal:
    """Scores of annotations against gold.

    Args:
        counts: sum over all documents; a document without annotation counts as predicted empty.
        intervals: ``overall`` and every label, to the 95 % intervals of precision, recall and F1;
            groups are resampled.
        groups: number of groups.
        hardest: the documents with most errors, most first.
        unanswered: number of documents without annotation (refused, unparsable, unplaced, …).
        without_error: number of documents without missed or wrong items.
    """

    counts: Counts
    intervals: Mapping[str, Mapping[str, Interval]]
    groups: int
    hardest: tuple[HardDocument, ...]
    unanswered: int
    without_error: int

    def as_dict(self) -> dict[str, Any]:
        """Return the scores for JSON: ``Counts.as_dict()`` and the details."""
        hardest = [
            {
                "id": one.id,
                "group": one.group,
                "gold": one.gold,
                "missed": one.missed,
                "wrong": one.wrong,
                "answered": one.answered,
            }
            for one in self.hardest
        ]
        spans = self.counts.span_only is not None
        levels = {
            str(level): counts.as_dict()
            for level, counts in counts_by_level(self.counts.per_label).items()
        }
        return {
            **self.counts.as_dict(),
            **({"per_level": levels} if levels else {}),
            "views": matching_scores(self.counts) if spans else None,
            "groups": self.groups,
            "intervals": {
                kind: {name: list(ends) for name, ends in scores.items()}
                for kind, scores in self.intervals.items()
            },
            "unanswered": self.unanswered,
            "without_error": self.without_error,
            "hardest": hardest,
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two annotations of the same documents.

    Args:
        counts: the first scored against the second; F1 is symmetric.
        identical: number of documents with identical annotations.
    """

    counts: Counts
    identical: int

    def as_dict(self) -> dict[str, Any]:
        """Return the agreement for JSON."""
        return {
            "documents": self.counts.documents,
            "same": self.identical,
            "f1": self.counts.overall.f1,
            "per_label": {label: tally.f1 for label, tally in self.counts.per_label.items()},
        }


def appraise(
    predicted: Iterable[Document],
    gold: Iterable[Document],
    task: Task,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Appraisal:
    """Score annotations against gold; documents are matched by id.

    A document without annotation counts as predicted empty, so that a teacher cannot improve its
    score by refusing hard documents.

    Args:
        predicted: an annotation of every gold document; other documents are ignored.
        gold: documents that people annotated.
        task: defines how annotations are scored.
        resamples: number of bootstrap resamples of groups for the intervals.
        seed: seed of the bootstrap.

    Raises:
        DataError: an annotation is missing or of another text, or gold is not annotated.
    """
    by_id = {document.id: document for document in predicted}
    references = list(gold)
    known = [by_id[d.id] for d in references if d.id in by_id]
    answers = [with_empty_annotation(d, task) for d in known]
    scored = [*score_documents(answers, references, task)]
    hard = [
        _hardness(reference, counts.overall, not by_id[reference.id].annotation.is_empty)
        for reference, counts in scored
    ]
    worst = sorted((one for one in hard if one.errors), key=lambda one: (-one.errors, one.id))
    intervals, groups = _intervals(scored, resamples, seed)
    return Appraisal(
        sum_counts(counts for _, counts in scored),
        intervals,
        groups,
        tuple(worst[:HARDEST_SHOWN]),
        sum(not one.answered for one in hard),
        len(hard) - len(worst),
    )


def agreement(first: Iterable[Document], second: Iterable[Document], task: Task) -> Agreement:
    """Compare two annotations of the same documents; documents of one side only are ignored.

    The measure is F1, because it needs no count of true negatives. Source: G. Hripcsak and A.
    Rothschild, Agreement, the F-Measure, and Reliability in Information Retrieval (2005).

    Args:
        first: documents of one annotator; documents without annotation count as empty.
        second: documents of the other annotator.
        task: defines how annotations are scored.
    """
    by_id = {document.id: document for document in second}
    pairs = [(document, by_id[document.id]) for document in first if document.id in by_id]
    counts = [task.count(left.annotation, right.annotation) for left, right in pairs]
    overall = [found.overall for found in counts]
    same = sum(tally.correct == tally.predicted == tally.gold for tally in overall)
    return Agreement(sum_counts(counts), same)


def blend_advice(
    gold: Sequence[Document], silver: Sequence[Document], task: Task
) -> BlendAdvice | None:
    """Return the advice for gold and silver; None if the teacher annotated too little gold.

    Documents are paired by text. Ids do not count, because they may be line numbers of two files.
    The rules were measured for entities, so other tasks get no advice.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold and of others.
        task: defines how annotations are scored.
    """
    if task.head != "token":
        return None
    texts = {document.text for document in gold}
    same = (document for document in silver if document.text in texts)
    renamed = [replace(document, id=f"silver {n}") for n, document in enumerate(same)]
    own_ids = [
        replace(document, id=f"gold {n}")
        for n, document in enumerate(gold)
        if not document.annotation.is_empty
    ]
    both = divide_corpora(own_ids, renamed)
    pairs = zip(both.gold, both.teacher_labels, strict=True)
    annotated = [g.with_annotation(own.annotation) for g, own in pairs]
    appraisal = appraise(annotated, both.gold, task)
    overall = appraisal.counts.overall
    if overall.gold < MINIMUM_ITEMS:
        return None
    return advise(overall.f1, appraisal.intervals[OVERALL]["f1"], len(both.gold))


def with_empty_annotation(document: Document, task: Task) -> Document:
    """Return the document; one that is not annotated gets an empty annotation."""
    if not document.annotation.is_empty:
        return document
    empty = Annotation(labels=()) if task.head in TEXT_HEADS else Annotation(spans=())
    return document.with_annotation(empty)


def _hardness(document: Document, tally: MatchCounts, answered: bool) -> HardDocument:
    return HardDocument(
        document.id,
        document.group_or_id,
        tally.gold,
        tally.gold - tally.correct,
        tally.predicted - tally.correct,
        answered,
    )


def _intervals(
    scored: Sequence[tuple[Document, Counts]], resamples: int, seed: int
) -> tuple[dict[str, dict[str, Interval]], int]:
    by_group: dict[str, list[Counts]] = {}
    for document, counts in scored:
        by_group.setdefault(document.group_or_id, []).append(counts)
    sums = [sum_counts(counts) for counts in by_group.values()]
    labels = sorted({label for one in sums for label in one.per_label})
    if not sums:
        return {}, 0
    table = np.zeros((len(sums), len(labels) + 1, 3), dtype=np.int64)
    for row, counts in enumerate(sums):
        tallies = [
            counts.overall,
            *(counts.per_label.get(label, MatchCounts()) for label in labels),
        ]
        table[row] = [(t.correct, t.predicted, t.gold) for t in tallies]
    found = score_intervals(table, resamples, seed).tolist()
    names = ("precision", "recall", "f1")
    return {
        kind: {name: (low, high) for name, (low, high) in zip(names, rows, strict=True)}
        for kind, rows in zip([OVERALL, *labels], found, strict=True)
    }, len(sums)
