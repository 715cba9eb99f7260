from __future__ import annotations

from dataclasses import replace

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import DataError
from vermeil.evaluation.documents import evaluate
from vermeil.tasks.protocol import Task


def document(number: int, *spans: Span) -> Document:
    return Document(f"d{number}", "Bo met Al in Rome", annotation=Annotation(spans))


GOLD = [
    document(1, Span(0, 2, "PER"), Span(13, 17, "LOC")),
    document(2),
    document(3, Span(7, 9, "PER")),
]


def test_documents_are_matched_by_id(task: Task) -> None:
    predicted = [document(3, Span(7, 9, "LOC")), document(2), GOLD[0], document(9)]
    counts = evaluate(predicted, GOLD, task)
    assert counts.documents == 3
    assert counts.overall.correct == 2
    assert counts.overall.gold == 3
    assert counts.span_only is not None
    assert counts.span_only.correct == 3


def test_documents_not_seen_whole_are_counted(task: Task) -> None:
    predicted = [replace(d, meta={"truncated": 1}) for d in GOLD[:1]] + GOLD[1:]
    assert evaluate(predicted, GOLD, task).as_dict()["truncated"] == 1


def test_missing_predictions_are_an_error(task: Task) -> None:
    with pytest.raises(DataError, match=r"lack 2 of 3 gold documents \(d2, d3\)"):
        evaluate(GOLD[:1], GOLD, task)


def test_an_error_names_three_of_many_missing_predictions(task: Task) -> None:
    gold = [document(number, Span(0, 2, "PER")) for number in range(1, 6)]
    with pytest.raises(DataError, match=r"lack 3 of 5 gold documents \(d3, d4, d5\); "):
        evaluate(gold[:2], gold, task)
    with pytest.raises(DataError, match=r"lack 4 of 5 gold documents \(d2, d3, d4, …\); "):
        evaluate(gold[:1], gold, task)


def test_a_prediction_for_another_text_is_an_error(task: Task) -> None:
    other = replace(GOLD[1], text="something else", annotation=Annotation(()))
    with pytest.raises(DataError, match=r"'d2'.*text differs"):
        evaluate([GOLD[0], other, GOLD[2]], GOLD, task)


def test_gold_has_to_be_annotated(task: Task) -> None:
    with pytest.raises(DataError, match="not annotated"):
        evaluate(GOLD, [*GOLD[:2], replace(GOLD[2], annotation=Annotation())], task)


def test_there_has_to_be_gold(task: Task) -> None:
    with pytest.raises(DataError, match="no gold document"):
        evaluate(GOLD, [], task)
