from __future__ import annotations

import pytest

from vermeil.data.document import Span
from vermeil.data.tags import ReadScheme, detect_scheme, spans_to_tags, split_tag, tags_to_spans
from vermeil.errors import DataError

WORDS = ((0, 3), (4, 7), (8, 11), (12, 15))


def read(tags: str, scheme: ReadScheme) -> tuple[list[tuple[int, int, str]], int]:
    parts = tags.split()
    spans, repaired = tags_to_spans(parts, WORDS[: len(parts)], scheme)
    return [span.key for span in spans], repaired


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("iob1", "I-PER I-PER B-PER I-LOC"),
        ("iob2", "B-PER I-PER B-PER B-LOC"),
        ("bioes", "B-PER E-PER S-PER S-LOC"),
        ("bioes", "B-PER L-PER U-PER U-LOC"),
    ],
)
def test_touching_spans_stay_separate_in_every_scheme(scheme: ReadScheme, tags: str) -> None:
    assert read(tags, scheme) == ([(0, 7, "PER"), (8, 11, "PER"), (12, 15, "LOC")], 0)


@pytest.mark.parametrize(
    ("scheme", "tags", "spans", "repaired"),
    [
        ("iob2", "O I-PER I-PER O", [(4, 11, "PER")], 1),
        ("iob2", "B-PER I-LOC I-LOC O", [(0, 3, "PER"), (4, 11, "LOC")], 1),
        ("iob2", "I-PER O I-PER O", [(0, 3, "PER"), (8, 11, "PER")], 2),
        ("iob1", "O B-PER I-PER O", [(4, 11, "PER")], 1),
        ("bioes", "B-PER O S-PER O", [(0, 3, "PER"), (8, 11, "PER")], 1),
        ("bioes", "O E-PER O O", [(4, 7, "PER")], 1),
        ("bioes", "O I-PER E-PER O", [(4, 11, "PER")], 1),
        ("bioes", "B-PER I-PER I-PER O", [(0, 11, "PER")], 1),
        ("bioes", "B-PER B-PER E-PER O", [(0, 3, "PER"), (4, 11, "PER")], 1),
        ("bioes", "B-PER E-PER E-PER O", [(0, 7, "PER"), (8, 11, "PER")], 1),
        ("bioes", "B-PER I-LOC O O", [(0, 3, "PER"), (4, 7, "LOC")], 2),
        ("bioes", "O O O I-PER", [(12, 15, "PER")], 1),
    ],
)
def test_broken_tags_are_repaired_and_counted(
    scheme: ReadScheme, tags: str, spans: list[tuple[int, int, str]], repaired: int
) -> None:
    assert read(tags, scheme) == (spans, repaired)


def test_labels_may_hold_hyphens() -> None:
    assert read("B-per-son I-per-son", "iob2") == ([(0, 7, "per-son")], 0)


@pytest.mark.parametrize("tag", ["PER", "B-", "-PER", "", "b-PER", "BI-PER", "X-PER", "o"])
def test_what_is_no_tag_is_an_error(tag: str) -> None:
    with pytest.raises(DataError, match="is not a tag of BIOES; expected O, B-LABEL"):
        split_tag(tag)


def test_a_tag_of_another_scheme_is_an_error() -> None:
    with pytest.raises(DataError, match=r"'E-PER' is not a tag of IOB2"):
        read("B-PER E-PER", "iob2")


def test_tags_and_tokens_must_be_as_many() -> None:
    with pytest.raises(DataError, match="2 tags for 4 tokens"):
        tags_to_spans(["O", "O"], WORDS)


@pytest.mark.parametrize(
    ("span", "tags", "losses"),
    [
        (Span(0, 7, "A"), "B-A I-A O O", {}),
        (Span(1, 7, "A"), "B-A I-A O O", {"cut_token": 1}),
        (Span(0, 6, "A"), "B-A I-A O O", {"cut_token": 1}),
        (Span(5, 6, "A"), "O B-A O O", {"cut_token": 1}),
        (Span(3, 7, "A"), "O B-A O O", {"trimmed": 1}),
        (Span(0, 4, "A"), "B-A O O O", {"trimmed": 1}),
        (Span(3, 4, "A"), "O O O O", {"no_token": 1}),
    ],
)
def test_spans_that_do_not_fit_the_tokens_are_counted(
    span: Span, tags: str, losses: dict[str, int]
) -> None:
    assert spans_to_tags([span], WORDS) == (tags.split(), losses)


def test_of_overlapping_spans_the_first_and_longest_is_kept() -> None:
    spans = [Span(0, 3, "IN"), Span(0, 7, "OUT"), Span(4, 11, "LATE"), Span(8, 11, "FREE")]
    assert spans_to_tags(spans, WORDS) == (["B-OUT", "I-OUT", "B-FREE", "O"], {"overlap": 2})


def test_spans_without_any_token_are_counted() -> None:
    assert spans_to_tags([Span(0, 3, "A")], ()) == ([], {"no_token": 1})


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        (["O O"], "iob2"),
        ([], "iob2"),
        (["B-PER I-PER O", "B-LOC"], "iob2"),
        (["I-PER I-PER B-PER", "O I-LOC"], "iob1"),
        (["B-PER E-PER", "S-LOC"], "bioes"),
        (["B-PER L-PER", "U-LOC"], "bioes"),
        (["B-PER O"] * 20 + ["O I-PER"], "iob2"),
        (["I-PER O"] * 20 + ["O B-PER"], "iob1"),
        (["S-PER O"] * 20 + ["B-PER O"], "bioes"),
    ],
)
def test_scheme_is_recognised(tags: list[str], scheme: str) -> None:
    assert detect_scheme(line.split() for line in tags) == scheme


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (["B-PER O", "I-PER O"], "mostly IOB2, but 1 of 2 spans opened by I-"),
        (["I-PER O I-PER", "B-PER O"], "mostly IOB1, but 1 of 3 spans opened by B-"),
        (["S-PER O", "B-PER I-PER"], "mostly BIOES, but 1 of 2 spans"),
    ],
)
def test_mixed_schemes_are_an_error(tags: list[str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        detect_scheme(line.split() for line in tags)
