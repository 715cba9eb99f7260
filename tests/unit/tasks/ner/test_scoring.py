from __future__ import annotations

from vermeil.data.counts import MatchCounts
from vermeil.data.document import Annotation, Span
from vermeil.evaluation.matching import matching_scores
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.scoring import count_spans
from vermeil.tasks.ner.task import NerTask

TASK = NerTask(TaskConfig(labels={"PER": {}, "LOC": {}, "ORG": {}}))


def spans(*keys: tuple[int, int, str]) -> list[Span]:
    return [Span(*key) for key in keys]


def test_strict_span_only_and_confusion_counts() -> None:
    gold = spans((0, 3, "PER"), (10, 20, "LOC"), (30, 33, "ORG"), (40, 45, "PER"))
    predicted = spans((0, 3, "PER"), (10, 20, "ORG"), (28, 33, "ORG"), (50, 52, "LOC"))
    counts = count_spans(gold, predicted)
    assert counts.per_label == {
        "PER": MatchCounts(1, 1, 2),
        "LOC": MatchCounts(0, 1, 1),
        "ORG": MatchCounts(0, 2, 1),
    }
    assert counts.overall == MatchCounts(1, 4, 4)
    assert counts.span_only == MatchCounts(2, 4, 4)
    assert counts.confusion == {
        ("PER", "PER"): 1,
        ("LOC", "ORG"): 1,
        ("ORG", "ORG"): 1,
        ("PER", "O"): 1,
        ("O", "LOC"): 1,
    }
    assert counts.documents == 1


def test_confusion_prefers_same_boundaries_then_the_largest_overlap() -> None:
    gold = spans((0, 10, "PER"))
    predicted = spans((0, 4, "LOC"), (0, 10, "ORG"))
    assert count_spans(gold, predicted).confusion == {("PER", "ORG"): 1, ("O", "LOC"): 1}
    predicted = spans((0, 4, "LOC"), (4, 10, "ORG"))
    assert count_spans(gold, predicted).confusion == {("PER", "ORG"): 1, ("O", "LOC"): 1}
    predicted = spans((0, 6, "LOC"), (6, 10, "ORG"))
    assert count_spans(gold, predicted).confusion == {("PER", "LOC"): 1, ("O", "ORG"): 1}


def test_touching_spans_do_not_overlap() -> None:
    counts = count_spans(spans((0, 5, "PER")), spans((5, 8, "PER")))
    assert counts.confusion == {("PER", "O"): 1, ("O", "PER"): 1}


def test_a_long_span_overlaps_a_later_one_past_shorter_ones() -> None:
    gold = spans((0, 2, "PER"), (18, 22, "ORG"))
    predicted = spans((0, 20, "LOC"), (3, 4, "PER"))
    assert count_spans(gold, predicted).confusion == {
        ("PER", "LOC"): 1,
        ("ORG", "O"): 1,
        ("O", "PER"): 1,
    }


def test_an_absent_annotation_counts_as_no_spans() -> None:
    marked = Annotation(spans=tuple(spans((0, 3, "PER"))))
    missed = TASK.count(marked, Annotation())
    assert (missed.per_label, missed.documents) == ({"PER": MatchCounts(0, 0, 1)}, 1)
    spurious = TASK.count(Annotation(), marked)
    assert (spurious.per_label, spurious.documents) == ({"PER": MatchCounts(0, 1, 0)}, 1)
    nothing = TASK.count(Annotation(spans=()), Annotation())
    assert (nothing.overall, nothing.documents) == (MatchCounts(), 1)


def test_a_span_given_twice_counts_once() -> None:
    counts = count_spans(spans((0, 3, "PER")), spans((0, 3, "PER"), (0, 3, "PER")))
    assert counts.overall == MatchCounts(1, 1, 1)


def test_errors_count_the_kind_of_each_wrong_span() -> None:
    gold = spans((0, 3, "PER"), (10, 20, "LOC"), (30, 33, "ORG"), (40, 45, "PER"), (60, 62, "PER"))
    predicted = spans(
        (0, 3, "LOC"), (10, 18, "LOC"), (31, 35, "PER"), (50, 52, "ORG"), gold[-1].key
    )
    counts = count_spans(gold, predicted)
    assert counts.errors == {
        ("PER", "type"): 1,
        ("LOC", "boundary"): 1,
        ("ORG", "both"): 1,
        ("PER", "missing"): 1,
        ("ORG", "spurious"): 1,
    }
    found = {name: view["f1"] for name, view in matching_scores(counts).items()}
    assert found == {"strict": 0.2, "exact": 0.4, "partial": 0.6, "type": 0.4}
    assert matching_scores(count_spans([], []))["partial"]["f1"] == 0


def test_errors_add_up_and_stand_in_the_report() -> None:
    one = count_spans(spans((0, 3, "PER")), [])
    counts = one + count_spans(spans((0, 3, "PER")), spans((0, 3, "LOC")))
    assert counts.errors == {("PER", "missing"): 1, ("PER", "type"): 1}
    assert counts.as_dict()["errors"] == {
        "PER": {"boundary": 0, "type": 1, "both": 0, "missing": 1, "spurious": 0}
    }
    assert counts.as_dict()["confusion"] == [["PER", "LOC", 1], ["PER", "O", 1]]
