from __future__ import annotations

import pytest

from vermeil.data.counts import Counts
from vermeil.data.document import UNANNOTATED, Annotation, Document, Span
from vermeil.errors import DataError
from vermeil.jobs.appraise import agreement, appraise
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask

TASK = NerTask(TaskConfig(labels={"PER": {}, "LOC": {}}))
TEXT = "Bo met Al in Rome"
BO, AL, ROME = Span(0, 2, "PER"), Span(7, 9, "PER"), Span(13, 17, "LOC")


def document(number: int, *spans: Span, group: str | None = None) -> Document:
    return Document(f"d{number}", TEXT, group, annotation=Annotation(spans))


GOLD = [document(1, BO, AL, ROME, group="a"), document(2, BO, group="a"), document(3, group="b")]


def test_an_appraisal_counts_ranks_and_gives_intervals() -> None:
    predicted = [
        document(1, Span(0, 2, "LOC"), ROME, group="a"),
        GOLD[1].with_annotation(UNANNOTATED),
        GOLD[2],
    ]
    found = appraise(predicted, GOLD, TASK, resamples=200)
    assert found.counts.documents == 3
    assert found.counts.overall.as_dict()["recall"] == 1 / 4
    assert (found.groups, found.unanswered, found.without_error) == (2, 1, 1)
    worst, next_ = found.hardest
    assert (worst.id, worst.gold, worst.missed, worst.wrong, worst.errors) == ("d1", 3, 2, 1, 3)
    assert (next_.id, next_.answered) == ("d2", False)
    assert set(found.intervals) == {"overall", "PER", "LOC"}
    for scores in found.intervals.values():
        assert all(0 <= low <= high <= 1 for low, high in scores.values())
    low, high = found.intervals["overall"]["f1"]
    assert low <= found.counts.overall.f1 <= high
    shown = found.as_dict()
    assert shown["views"]["exact"]["recall"] == 2 / 4
    assert shown["hardest"][0]["id"] == "d1"
    assert shown["intervals"]["PER"]["f1"] == list(found.intervals["PER"]["f1"])


def test_documents_without_annotation_count_as_predicted_empty() -> None:
    silent = [d.with_annotation(UNANNOTATED) for d in GOLD]
    found = appraise(silent, GOLD, TASK, resamples=50)
    assert (found.counts.overall.correct, found.unanswered) == (0, 3)
    assert found.counts.errors == {("PER", "missing"): 3, ("LOC", "missing"): 1}


def test_a_document_that_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="lack 1 of 3 gold documents"):
        appraise(GOLD[:2], GOLD, TASK)


def test_without_documents_there_is_nothing() -> None:
    found = appraise([], [], TASK)
    assert (found.counts, found.groups, found.hardest) == (Counts(), 0, ())


def test_agreement_is_the_same_from_both_sides_and_skips_what_one_side_lacks() -> None:
    one = [*GOLD, document(9, BO)]
    other = [document(1, BO, AL), document(2, ROME), GOLD[2]]
    forth, back = agreement(one, other, TASK), agreement(other, one, TASK)
    assert forth.counts.documents == 3
    assert forth.identical == back.identical == 1
    assert forth.counts.overall.f1 == back.counts.overall.f1 == pytest.approx(4 / 7)
    assert forth.as_dict()["per_label"]["LOC"] == 0
