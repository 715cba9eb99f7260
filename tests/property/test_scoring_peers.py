"""Our scores beside those of seqeval and nervaluate, the scorers that NER papers use."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate.evaluator import Evaluator
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Span
from vermeil.evaluation.matching import matching_scores
from vermeil.tasks.ner.scoring import count_spans
from vermeil.tasks.ner.tag_scoring import count_tags

LABELS = ["PER", "LOC", "ORG"]
CELL = 6

Key = tuple[int, int, str]
within = st.tuples(st.integers(0, CELL - 1), st.integers(1, 4), st.sampled_from(LABELS))


Cell = tuple[tuple[int, int, str] | None, tuple[int, int, str] | None, bool]
"""Gold span, predicted span, and whether the prediction is the gold span."""


def span(cell: int, found: tuple[int, int, str] | None) -> list[Key]:
    if found is None:
        return []
    first, length, label = found
    start = cell * (CELL + 1) + first
    return [(start, min(start + length, cell * (CELL + 1) + CELL), label)]


pairs_of_cells = st.lists(
    st.tuples(st.none() | within, st.none() | within, st.booleans()), min_size=1, max_size=8
)
"""Per stretch of tokens at most one gold span and one predicted span (the same one if True): who
overlaps whom is then beyond doubt, while every kind of error occurs."""

documents = st.lists(pairs_of_cells, min_size=1, max_size=4)


def spans_of(cells: list[Cell]) -> tuple[list[Key], list[Key]]:
    gold = [key for i, (g, _, _) in enumerate(cells) for key in span(i, g)]
    predicted = [key for i, (g, p, same) in enumerate(cells) for key in span(i, g if same else p)]
    return gold, predicted


def tags(keys: list[Key], size: int) -> list[str]:
    found = ["O"] * size
    for start, end, label in keys:
        found[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return found


def counts_of(docs: list[list[Cell]]) -> Counts:
    made = []
    for cells in docs:
        gold, predicted = spans_of(cells)
        made.append(count_spans([Span(*k) for k in gold], [Span(*k) for k in predicted]))
    return sum_counts(made)


def nervaluate_results(docs: list[list[Cell]]) -> dict[str, Any]:
    both = [spans_of(cells) for cells in docs]
    gold, predicted = (
        # nervaluate's ends are inclusive
        [[{"label": k[2], "start": k[0], "end": k[1] - 1} for k in pair[i]] for pair in both]
        for i in (0, 1)
    )
    results: dict[str, Any] = Evaluator(gold, predicted, tags=LABELS, loader="dict").evaluate()
    return results


@settings(max_examples=150)
@given(documents)
def test_the_four_views_are_those_of_nervaluate(docs: list[list[Cell]]) -> None:
    theirs, ours = nervaluate_results(docs)["overall"], matching_scores(counts_of(docs))
    names = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
    for name, their_name in names.items():
        for measure in ("precision", "recall", "f1"):
            expected = getattr(theirs[their_name], measure)
            assert ours[name][measure] == pytest.approx(expected), (name, measure)


@settings(max_examples=100)
@given(documents)
def test_missing_and_spurious_are_those_of_nervaluate(docs: list[list[Cell]]) -> None:
    theirs, errors = nervaluate_results(docs)["overall"]["exact"], counts_of(docs).errors
    assert sum(n for (_, kind), n in errors.items() if kind == "missing") == theirs.missed
    assert sum(n for (_, kind), n in errors.items() if kind == "spurious") == theirs.spurious
    overlapping = sum(n for (_, kind), n in errors.items() if kind in ("boundary", "both"))
    assert overlapping == theirs.incorrect


@settings(max_examples=100)
@given(documents)
def test_every_span_is_right_or_has_one_error(docs: list[list[Cell]]) -> None:
    counts = counts_of(docs)
    paired = sum(n for (_, k), n in counts.errors.items() if k in ("boundary", "type", "both"))
    missing, spurious = (
        sum(n for (_, k), n in counts.errors.items() if k == kind)
        for kind in ("missing", "spurious")
    )
    overall = counts.overall
    assert overall.correct + paired + missing == overall.gold
    assert overall.correct + paired + spurious == overall.predicted


iob2 = st.lists(
    st.tuples(st.sampled_from([None, *LABELS]), st.integers(1, 3), st.booleans()), max_size=6
)


TaggedPart = tuple[str | None, int, bool]
"""Label or none, number of tokens, and a value that is not used."""


def iob2_tags(parts: list[TaggedPart], size: int) -> list[str]:
    found: list[str] = []
    for label, length, _ in parts:
        found += ["O"] * length if label is None else [f"B-{label}", *[f"I-{label}"] * (length - 1)]
    return (found + ["O"] * size)[:size]


@settings(max_examples=150)
@given(st.lists(st.tuples(iob2, iob2, st.integers(1, 12)), min_size=1, max_size=5))
def test_strict_scores_are_those_of_seqeval(
    sentences: list[tuple[list[TaggedPart], list[TaggedPart], int]],
) -> None:
    gold = [iob2_tags(g, size) for g, _, size in sentences]
    predicted = [iob2_tags(p, size) for _, p, size in sentences]
    ours = count_tags(gold, predicted)
    if not ours.overall.gold:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = classification_report(
            gold, predicted, mode="strict", scheme=IOB2, output_dict=True
        )
    for label, tally in ours.per_label.items():
        mine, row = tally.as_dict(), theirs[label]
        their_row = (row["precision"], row["recall"], row["f1-score"], row["support"])
        assert (mine["precision"], mine["recall"], mine["f1"], mine["support"]) == pytest.approx(
            their_row
        )
    assert ours.overall.f1 == pytest.approx(theirs["micro avg"]["f1-score"])
    assert ours.macro_f1 == pytest.approx(theirs["macro avg"]["f1-score"])
