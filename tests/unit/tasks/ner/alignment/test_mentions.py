from __future__ import annotations

from typing import Any, Literal

import pytest

from vermeil.data.mention import Mention, Status
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.mentions import locate
from vermeil.tasks.ner.alignment.occurrences import find_occurrences

Repeats = Literal["all", "first", "abstain"]
LABELS = LabelSet.from_config(
    TaskConfig(labels={"PER": LabelConfig(aliases=("person",)), "LOC": {}, "ORG": {}})
)


def outcome(
    text: str, *mentions: tuple[Any, ...], repeats: Repeats = "all"
) -> list[tuple[str, tuple[int, int, str] | None]]:
    """Status and place of each mention; a mention is (surface, label[, occurrence])."""
    located = locate(text, [Mention(*one) for one in mentions], LABELS, repeats)
    assert [one.mention for one in located] == [Mention(*one) for one in mentions]
    return [
        (o.status.value, (o.span.start, o.span.end, o.span.label) if o.span else None)
        for o in located
    ]


@pytest.mark.parametrize(
    ("text", "surface", "places"),
    [
        ("US bus US", "US", [(0, 2), (7, 9)]),
        ("the bus", "us", []),
        ("(US), US-led U.S.", "US", [(1, 3), (6, 8)]),
        ("U.S. troops", "U.S.", [(0, 4)]),
        ("AK47 and AK 47", "AK", [(9, 11)]),
        ("Ann's an_Ann", "Ann", [(0, 3), (9, 12)]),
        ("Zoe\u0301 and Zoe", "Zoe", [(9, 12)]),
        ("A A A", "A A", [(0, 3), (2, 5)]),
        ("İzmir", "İzmir", [(0, 5)]),
        ("𝔸nn 😀Ann😀", "Ann", [(5, 8)]),
        ("東京都知事は東京で", "東京", [(0, 2), (6, 8)]),
        ("iPhoneを日本で", "iPhone", [(0, 6)]),
        ("กรุงเทพมหานคร", "กรุงเทพ", [(0, 7)]),
        ("Москвабанк", "Москва", []),
        ("", "US", []),
        ("US", "", []),
    ],
)
def test_places_are_whole_words_except_in_scripts_without_spaces(
    text: str, surface: str, places: list[tuple[int, int]]
) -> None:
    assert find_occurrences(text, surface) == places


def test_accepted_spans_have_status_and_origin() -> None:
    (one,) = locate("Ann left.", [Mention("Ann", "Person")], LABELS)
    assert one.span is not None
    assert (one.span.status, one.span.origin, one.span.score) == ("exact", "silver", None)
    assert one.occurrence_count == 1
    assert one.span.label == "PER"


def test_repeats_take_their_places_in_order_each_with_its_own_label() -> None:
    assert outcome("Ford met Ford.", ("Ford", "ORG"), ("Ford", "PER")) == [
        ("exact", (0, 4, "ORG")),
        ("exact", (9, 13, "PER")),
    ]


@pytest.mark.parametrize(
    ("repeats", "places"),
    [("all", [(0, 3), (10, 13), (5, 8)]), ("first", [(0, 3), (5, 8)]), ("abstain", [])],
)
def test_fewer_mentions_than_places_are_ambiguous_and_a_policy_decides(
    repeats: Repeats, places: list[tuple[int, int]]
) -> None:
    mentions = [Mention("Ann", "PER"), Mention("Ann", "Person")]
    located = locate("Ann, Ann, Ann", mentions, LABELS, repeats)
    assert [(s.start, s.end) for one in located for s in one.spans] == places
    assert {one.status for one in located} == {Status.AMBIGUOUS}
    assert {s.status for one in located for s in one.spans} <= {"ambiguous"}


@pytest.mark.parametrize(("repeats", "marked"), [("all", []), ("first", ["ORG", "PER"])])
def test_different_labels_do_not_share_every_occurrence(
    repeats: Repeats, marked: list[str]
) -> None:
    mentions = [Mention("Ford", "ORG"), Mention("Ford", "PER")]
    located = locate("Ford, Ford, Ford", mentions, LABELS, repeats)
    assert [s.label for one in located for s in one.spans] == marked


def test_an_off_schema_mention_keeps_its_place_in_the_order() -> None:
    assert outcome("Ford met Ford.", ("Ford", "CAR"), ("Ford", "PER")) == [
        ("off_schema", None),
        ("exact", (9, 13, "PER")),
    ]


def test_more_mentions_than_places_are_duplicates() -> None:
    assert outcome("Ann left.", ("Ann", "PER"), ("Ann", "LOC"))[1] == ("duplicate", None)


def test_occurrence_is_honoured_and_placed_before_the_rest() -> None:
    mentions = ("Ann", "PER"), ("Ann", "LOC", 1), ("Ann", "ORG", 3)
    assert outcome("Ann, Ann, Ann", *mentions) == [
        ("exact", (5, 8, "PER")),
        ("exact", (0, 3, "LOC")),
        ("exact", (10, 13, "ORG")),
    ]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_an_occurrence_that_is_not_there_is_as_good_as_none(number: int) -> None:
    assert outcome("Ann", ("Ann", "PER", number)) == [("exact", (0, 3, "PER"))]
    assert outcome("Ann, Ann", ("Ann", "PER", number), repeats="abstain") == [("ambiguous", None)]


def test_the_same_occurrence_twice_is_a_duplicate() -> None:
    assert outcome("Ann, Ann", ("Ann", "PER", 2), ("Ann", "PER", 2))[1] == ("duplicate", None)


def test_the_longest_wins_and_the_shorter_takes_a_free_place() -> None:
    mentions = ("York", "LOC"), ("New York", "LOC"), ("York", "LOC")
    assert outcome("New York and York", *mentions) == [
        ("exact", (13, 17, "LOC")),
        ("exact", (0, 8, "LOC")),
        ("overlap", None),
    ]


def test_occurrences_within_longer_names_do_not_make_a_name_ambiguous() -> None:
    mentions = ("York", "LOC"), ("New York", "LOC")
    assert outcome("New York and York", *mentions) == [
        ("exact", (13, 17, "LOC")),
        ("exact", (0, 8, "LOC")),
    ]
    further = outcome("York, New York and York", *mentions)
    assert further == [("ambiguous", (0, 4, "LOC")), ("exact", (6, 14, "LOC"))]


def test_crossing_mentions_of_equal_length_leave_the_first_in_the_text() -> None:
    mentions = ("B C", "PER"), ("A B", "PER")
    assert outcome("A B C", *mentions) == [("overlap", None), ("exact", (0, 3, "PER"))]
    assert outcome("A B C", *reversed(mentions)) == [("exact", (0, 3, "PER")), ("overlap", None)]


def test_a_surface_that_crosses_itself_is_placed_once() -> None:
    assert outcome("A A A", ("A A", "PER"), ("A A", "PER")) == [
        ("exact", (0, 3, "PER")),
        ("duplicate", None),
    ]


def test_off_schema_and_missing_mentions_are_named_and_take_no_place() -> None:
    mentions = ("Ann", "DATE"), ("Ann", "PER"), ("Bob", "PER"), (" ", "PER"), ("Bob", "DATE")
    assert [status for status, _ in outcome("Ann left.", *mentions)] == [
        "off_schema",
        "exact",
        "not_found",
        "not_found",
        "off_schema",
    ]


def test_outer_white_space_is_normalised_and_reported() -> None:
    assert outcome("Ann left.", (" Ann\n", "PER")) == [("normalised", (0, 3, "PER"))]


def test_candidates_count_all_places_of_the_surface() -> None:
    located = locate("US bus US", [Mention("US", "LOC")] * 3 + [Mention("US", "x")], LABELS)
    assert [one.occurrence_count for one in located] == [2, 2, 2, 2]
    assert [one.status for one in located][2:] == [Status.DUPLICATE, Status.OFF_SCHEMA]


def test_no_mentions_give_no_locations() -> None:
    assert locate("Ann left.", [], LABELS) == ()


def test_a_name_hidden_in_a_longer_one_is_looked_for_with_less_detail() -> None:
    mentions = ("Oslo", "LOC"), ("University of Oslo", "ORG")
    assert outcome("OSLO: the University of Oslo", *mentions) == [
        ("normalised", (0, 4, "LOC")),
        ("exact", (10, 28, "ORG")),
    ]


def test_a_name_that_has_a_place_is_not_looked_for_with_less_detail() -> None:
    mentions = ("York", "LOC"), ("New York", "LOC"), ("York", "LOC")
    assert outcome("New York, York, YORK", *mentions) == [
        ("exact", (10, 14, "LOC")),
        ("exact", (0, 8, "LOC")),
        ("overlap", None),
    ]


def test_two_short_names_do_not_give_way_to_a_misspelt_long_one() -> None:
    mentions = ("Angela", "PER"), ("Merkel", "PER"), ("Angela Merkl", "PER")
    assert [status for status, _ in outcome("by Angela Merkel", *mentions)] == [
        "exact",
        "exact",
        "overlap",
    ]


def test_a_mention_that_was_found_with_less_effort_has_the_place() -> None:
    mentions = ("ann", "LOC"), ("Ann", "PER")
    assert outcome("by Ann", *mentions) == [("duplicate", None), ("exact", (3, 6, "PER"))]


def test_tier_distance_and_occurrences_are_reported() -> None:
    (one,) = locate("Angela Merkel met Angela Merkel", [Mention("Angela Merkl", "PER")], LABELS)
    assert (str(one.tier), one.distance, one.occurrence_count) == ("edited", 1, 2)
    assert one.occurrences == ((0, 13), (18, 31))
    assert one.status is Status.AMBIGUOUS
