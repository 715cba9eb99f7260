from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.tags import detect_scheme, spans_to_tags, tags_to_spans

SCHEMES = st.sampled_from(["iob1", "iob2", "bioes"])
LABELS = st.sampled_from(["PER", "LOC", "a-b"])


def tokens_for(size: int) -> list[tuple[int, int]]:
    return [(4 * number, 4 * number + 3) for number in range(size)]


def tag_lists(prefixes: str) -> st.SearchStrategy[list[str]]:
    tag = st.builds("{}-{}".format, st.sampled_from(prefixes), LABELS)
    return st.lists(st.just("O") | tag, max_size=12)


def any_tags(scheme: str) -> st.SearchStrategy[list[str]]:
    return tag_lists("BIES" if scheme == "bioes" else "BI")


@given(st.data(), SCHEMES, SCHEMES)
def test_spans_survive_a_round_trip_through_any_scheme(
    data: st.DataObject, first: Any, second: Any
) -> None:
    tags = data.draw(any_tags(first))
    tokens = tokens_for(len(tags))
    spans, _ = tags_to_spans(tags, tokens, first)
    again, losses = spans_to_tags(spans, tokens, second)
    assert losses == {}
    assert tags_to_spans(again, tokens, second) == (spans, 0)


@given(st.data(), SCHEMES)
def test_repairs_are_the_tags_that_change(data: st.DataObject, scheme: Any) -> None:
    tags = data.draw(any_tags(scheme))
    tokens = tokens_for(len(tags))
    spans, repaired = tags_to_spans(tags, tokens, scheme)
    again, _ = spans_to_tags(spans, tokens, scheme)
    assert repaired == sum(a != b for a, b in zip(tags, again, strict=True))
    marked = {t for s in spans for t, (start, end) in enumerate(tokens) if s.start <= start < s.end}
    assert marked == {number for number, tag in enumerate(tags) if tag != "O"}


@given(st.lists(tag_lists("BI"), max_size=6), SCHEMES)
def test_correct_tags_are_recognised_or_read_alike(sequences: Any, scheme: Any) -> None:
    right = []
    for tags in sequences:
        tokens = tokens_for(len(tags))
        spans, _ = tags_to_spans(tags, tokens)
        right.append((spans, spans_to_tags(spans, tokens, scheme)[0]))
    found = detect_scheme(tags for _, tags in right)
    for spans, tags in right:
        assert tags_to_spans(tags, tokens_for(len(tags)), found) == (spans, 0)
