from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vermeil.data.counts import Counts, MatchCounts, sum_counts
from vermeil.data.tags import tags_to_spans
from vermeil.errors import DataError
from vermeil.tasks.ner.scoring import count_spans
from vermeil.tasks.ner.tag_scoring import count_tags

TAGS = ["O", *(f"{prefix}-{label}" for prefix in "BIES" for label in ("PER", "LOC"))]
tag = st.sampled_from(TAGS)
sentence = st.lists(st.tuples(tag, tag), max_size=9)


def one_by_one(gold: list[list[str]], predicted: list[list[str]]) -> Counts:
    def spans(tags: list[str]) -> Any:
        return tags_to_spans(tags, [(i, i + 1) for i in range(len(tags))], "bioes")[0]

    return sum_counts(count_spans(spans(g), spans(p)) for g, p in zip(gold, predicted, strict=True))


def test_hand_counted_sentences() -> None:
    gold = [["B-PER", "I-PER", "O", "B-LOC"], [], ["O", "B-LOC"]]
    predicted = [["B-PER", "O", "O", "B-PER"], [], ["B-LOC", "B-LOC"]]
    counts = count_tags(gold, predicted)
    assert counts.per_label == {"LOC": MatchCounts(1, 2, 2), "PER": MatchCounts(0, 2, 1)}
    assert counts.span_only == MatchCounts(2, 4, 3)
    assert counts.errors == {("PER", "boundary"): 1, ("LOC", "type"): 1, ("LOC", "spurious"): 1}
    assert counts.documents == 3


@settings(max_examples=300)
@given(st.lists(sentence, min_size=1, max_size=5))
def test_the_counts_are_those_of_span_after_span(pairs: list[list[tuple[str, str]]]) -> None:
    gold, predicted = ([[pair[i] for pair in one] for one in pairs] for i in (0, 1))
    assert count_tags(gold, predicted) == one_by_one(gold, predicted)


def test_bilou_is_read_as_bioes() -> None:
    bilou = [["B-PER", "L-PER", "U-LOC"]]
    assert count_tags([["B-PER", "E-PER", "S-LOC"]], bilou).overall == MatchCounts(2, 2, 2)


@pytest.mark.parametrize(
    ("predicted", "problem"),
    [
        ([["O"]], "1 tagged sentences for 2 gold"),
        ([["O"], ["O"]], "sentence 2 has 1 tags for 2 gold tags"),
        ([["O"], ["O", "PER"]], "'PER' is not a tag"),
    ],
)
def test_what_does_not_fit_is_named(predicted: list[list[str]], problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        count_tags([["O"], ["O", "B-PER"]], predicted)
