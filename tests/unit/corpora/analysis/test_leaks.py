from __future__ import annotations

import pytest

from vermeil.corpora import Leak, find_leaks
from vermeil.data.document import Document
from vermeil.errors import ConfigError

LONG = "The committee will meet again in Geneva on Thursday to discuss the new fishing quotas."
NEAR = "The committee will meet again in Geneva on Tuesday to discuss the new fishing quotas."


def documents(side: str, *texts: str, group: str | None = None) -> list[Document]:
    return [Document(f"{side}{number}", text, group) for number, text in enumerate(texts)]


def test_the_same_text_is_found_after_normalisation() -> None:
    variant = (
        "  THE COMMITTEE will meet again in Geneva, on Thursday, to discuss the new ﬁshing quotas"
    )
    report = find_leaks(
        documents("l", "Something else entirely here, my friends", LONG), documents("r", variant)
    )
    assert report.exact == (Leak("l1", "r0"),)
    assert (report.near, report.short, report.leaks) == ((), (), 1)


def test_nearly_the_same_text_is_found_with_its_similarity() -> None:
    report = find_leaks(documents("l", LONG), documents("r", NEAR))
    (leak,) = report.near
    assert (leak.left, leak.right) == ("l0", "r0")
    assert leak.similarity == pytest.approx(similarity(LONG, NEAR))
    assert find_leaks(documents("l", LONG), documents("r", NEAR), threshold=0.95).near == ()


def similarity(one: str, other: str) -> float:
    first, second = (
        {text[i : i + 5] for i in range(len(text) - 4)}
        for text in (t.lower().rstrip(".") for t in (one, other))
    )
    return len(first & second) / len(first | second)


def test_the_most_similar_left_text_is_named() -> None:
    nearer = NEAR.replace("new ", "")
    report = find_leaks(documents("l", nearer, LONG, LONG), documents("r", NEAR), threshold=0.5)
    best = max([nearer, LONG], key=lambda text: similarity(text, NEAR))
    assert report.near[0].left == {nearer: "l0", LONG: "l1"}[best]


@pytest.mark.parametrize(
    "text", ["LONDON 1996-08-30", "New York 1996-08-30", "Leeds 2 Ajax 0", "***"]
)
def test_short_repeats_are_listed_apart(text: str) -> None:
    report = find_leaks(documents("l", text, text), documents("r", text, text))
    assert report.short == (Leak("l0", "r0"), Leak("l0", "r1"))
    assert report.leaks == 0


def test_a_text_of_five_words_is_not_short() -> None:
    """Numbers and punctuation are no words."""
    texts = "Rain fell all day long", "Rain fell all day 12 - 3"
    report = find_leaks(documents("l", *texts), documents("r", *texts))
    assert [leak.right for leak in report.exact] == ["r0"]
    assert [leak.right for leak in report.short] == ["r1"]


def test_short_texts_are_never_nearly_the_same() -> None:
    report = find_leaks(documents("l", "LONDON 1996-08-30"), documents("r", "LONDON 1996-08-31"))
    assert (report.short, report.near) == ((), ())


def test_scripts_without_spaces_are_not_short() -> None:
    text = "東京都は木曜日に新しい計画を発表した。"
    assert find_leaks(documents("l", text), documents("r", text)).exact == (Leak("l0", "r0"),)


def test_groups_on_both_sides_are_named() -> None:
    left = documents("l", "one", group="a") + documents("m", "two", group="b") + documents("n", "x")
    right = (
        documents("r", "three", group="b") + documents("s", "four", group="") + documents("t", "y")
    )
    assert find_leaks(left, right).groups == ("b",)


def test_a_right_document_is_in_one_list_only_and_in_the_order_of_the_corpus() -> None:
    right = documents("r", NEAR, "nothing of the kind stands on the left", LONG, NEAR, "LONDON")
    report = find_leaks(documents("l", LONG, "London"), right)
    assert [leak.right for leak in report.exact] == ["r2"]
    assert [leak.right for leak in report.near] == ["r0", "r3"]
    assert [leak.right for leak in report.short] == ["r4"]


def test_nothing_in_common() -> None:
    report = find_leaks(
        documents("l", LONG), documents("r", "A wholly different sentence about sheep.")
    )
    assert report.as_dict() == {
        "left_documents": 1,
        "right_documents": 1,
        "threshold": 0.8,
        "leaks": 0,
        "exact": [],
        "near": [],
        "short": [],
        "groups": [],
    }


def test_the_report_describes_the_leaks() -> None:
    left = documents("l", LONG, "LONDON", group="a")
    report = find_leaks(left, documents("r", LONG, NEAR, "LONDON", "x", group="a"))
    assert report.describe("train", "test") == (
        "2 of 4 documents of test (50.0%) are also in train: 1 the same, 1 nearly the same "
        "(similarity of at least 0.8); 1 more are repeats of fewer than 5 words; "
        "1 group names are in both"
    )


@pytest.mark.parametrize(("left", "right"), [((), ()), ((LONG,), ()), ((), (LONG,))])
def test_empty_sides(left: tuple[str, ...], right: tuple[str, ...]) -> None:
    report = find_leaks(documents("l", *left), documents("r", *right))
    assert report.leaks == 0
    assert "0 of" in report.describe()


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_threshold_out_of_range_is_an_error(threshold: float) -> None:
    with pytest.raises(ConfigError, match="expected a number above 0, at most 1"):
        find_leaks([], [], threshold)
