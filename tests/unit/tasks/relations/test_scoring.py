"""Scores of relations, compared with an independent implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.relation_section import SECTION

from vermeil.data.counts import MatchCounts, sum_counts
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.relations.task import RelationsTask

TASK = RelationsTask(TaskConfig.model_validate(SECTION))
LABELS = ("PER", "ORG", "LOC")
TYPES = ("works_for", "in", "married")


@st.composite
def some_annotations(draw: st.DrawFn) -> Annotation:
    """Return spans without overlaps, and relations of any type between them."""
    cuts = sorted(draw(st.sets(st.integers(0, 14), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    spans = tuple(Span(start, end, draw(st.sampled_from(LABELS))) for start, end in pairs)
    if len(spans) < 2:
        return Annotation(spans, relations=())
    numbers = st.integers(0, len(spans) - 1)
    triples = st.tuples(numbers, numbers, st.sampled_from(TYPES)).filter(lambda t: t[0] != t[1])
    found = draw(st.lists(triples, unique=True, max_size=6))
    return Annotation(spans, relations=tuple(Relation(*one) for one in found))


def naive_scores(pairs: list[tuple[Annotation, Annotation]], strict: bool) -> dict[str, float]:
    """Micro and macro F1 by the definition of Taillé et al. (EMNLP 2020), section 2.1.

    A predicted triple is correct if its type and the boundaries of both arguments are correct and,
    in the strict setting, so are the types of both arguments. One pass per triple, no sets of keys.
    """
    correct, predicted_number, gold_number = (dict.fromkeys(TYPES, 0) for _ in range(3))
    for gold, predicted in pairs:
        gold_triples = distinct(triples(gold, strict))
        found = distinct(triples(predicted, strict))
        for one in gold_triples:
            gold_number[one[2]] += 1
        for one in found:
            predicted_number[one[2]] += 1
            for other in gold_triples:
                if one == other:
                    correct[one[2]] += 1
    scores = {}
    for name in TYPES:
        if predicted_number[name] + gold_number[name]:
            precision = correct[name] / predicted_number[name] if predicted_number[name] else 0
            recall = correct[name] / gold_number[name] if gold_number[name] else 0
            total = precision + recall
            scores[name] = 2 * precision * recall / total if total else 0.0
    tp = sum(correct.values())
    precision = tp / sum(predicted_number.values()) if sum(predicted_number.values()) else 0
    recall = tp / sum(gold_number.values()) if sum(gold_number.values()) else 0
    micro = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    macro = sum(scores.values()) / len(scores) if scores else 0.0
    return {"micro": micro, "macro": macro, **scores}


def triples(annotation: Annotation, strict: bool) -> list[tuple[object, object, str]]:
    spans = annotation.spans or ()
    result: list[tuple[object, object, str]] = []
    for one in annotation.relations or ():
        ends = [spans[one.head], spans[one.tail]]
        if one.label == "married" and ends[0].start > ends[1].start:
            ends.reverse()
        head, tail = ((s.start, s.end, s.label if strict else "") for s in ends)
        result.append((head, tail, one.label))
    return result


def distinct(items: list[tuple[object, object, str]]) -> list[tuple[object, object, str]]:
    kept: list[tuple[object, object, str]] = []
    for one in items:
        if one not in kept:
            kept.append(one)
    return kept


@given(st.lists(st.tuples(some_annotations(), some_annotations()), min_size=1, max_size=4))
def test_scores_equal_those_of_a_naive_implementation(
    pairs: list[tuple[Annotation, Annotation]],
) -> None:
    counts = sum_counts(TASK.count(gold, predicted) for gold, predicted in pairs)
    strict, loose = naive_scores(pairs, strict=True), naive_scores(pairs, strict=False)
    assert counts.documents == len(pairs)
    assert counts.overall.f1 == pytest.approx(strict["micro"])
    assert counts.macro_f1 == pytest.approx(strict["macro"])
    boundaries = counts.parts["boundaries"]
    assert boundaries.overall.f1 == pytest.approx(loose["micro"])
    assert boundaries.macro_f1 == pytest.approx(loose["macro"])
    assert counts.span_only == boundaries.overall
    for part, expected in ((counts, strict), (boundaries, loose)):
        found = {name: one.f1 for name, one in part.per_label.items()}
        assert found == pytest.approx({k: expected[k] for k in TYPES if k in expected})


@given(some_annotations(), some_annotations())
def test_every_wrong_relation_has_one_kind_of_error(
    gold: Annotation, predicted: Annotation
) -> None:
    counts = TASK.count(gold, predicted)
    kinds = {kind for _, kind in counts.errors}
    pairs = ("type", "boundary", "both")
    paired = sum(n for (_, kind), n in counts.errors.items() if kind in pairs)
    missing = sum(n for (_, kind), n in counts.errors.items() if kind == "missing")
    spurious = sum(n for (_, kind), n in counts.errors.items() if kind == "spurious")
    overall = counts.overall
    assert kinds <= {"type", "boundary", "both", "missing", "spurious"}
    assert overall.gold - overall.correct == paired + missing
    assert overall.predicted - overall.correct == paired + spurious
    text = "x" * 15
    document = Document("d", text, annotation=gold)
    relations = [one for one in TASK.mistakes(document, predicted) if one.label in TYPES]
    assert len(relations) == paired + missing + spurious


@given(some_annotations(), some_annotations())
def test_entities_are_scored_apart(gold: Annotation, predicted: Annotation) -> None:
    counts = TASK.count(gold, predicted)
    assert counts.parts["entities"] == TASK.entities.count(gold, predicted)
    assert counts.as_dict()["parts"]["entities"]["documents"] == 1


def test_a_wrong_label_of_an_end_is_wrong_in_strict_scoring_only() -> None:
    gold = Annotation((Span(0, 3, "PER"), Span(4, 7, "ORG")), relations=(Relation(0, 1, "in"),))
    other = Annotation((Span(0, 3, "PER"), Span(4, 7, "LOC")), relations=(Relation(0, 1, "in"),))
    counts = TASK.count(gold, other)
    assert counts.overall == MatchCounts(0, 1, 1)
    assert counts.parts["boundaries"].overall == MatchCounts(1, 1, 1)
    assert counts.errors == {("in", "type"): 1}
    assert counts.confusion == {("in", "in"): 1}
