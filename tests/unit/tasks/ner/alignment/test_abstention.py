from __future__ import annotations

from typing import Literal

from vermeil.data.mention import Mention
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.abstention import annotation_from_mentions, has_known_position
from vermeil.tasks.ner.alignment.mentions import locate

Repeats = Literal["all", "first", "abstain"]
LABELS = LabelSet.from_config(TaskConfig(labels={"PER": {}, "LOC": {}}))


def masked(
    text: str,
    *surfaces: str,
    repeats: Repeats = "abstain",
    uncertain: Literal["abstain", "ignore"] = "abstain",
) -> tuple[list[str], int]:
    located = locate(text, [Mention(surface, "PER") for surface in surfaces], LABELS, repeats)
    annotation = annotation_from_mentions(located, uncertain)
    return [text[slice(*place)] for place in annotation.abstain], len(annotation.spans or ())


def test_places_of_ambiguous_mentions_are_masked_unless_they_are_ignored() -> None:
    assert masked("Ann, Ann, Ann", "Ann") == (["Ann"] * 3, 0)
    assert masked("Ann, Ann, Ann", "Ann", uncertain="ignore") == ([], 0)


def test_places_that_a_policy_leaves_are_masked() -> None:
    assert masked("Ann, Ann, Ann", "Ann", repeats="first") == (["Ann"] * 2, 1)
    assert masked("Ann, Ann, Ann", "Ann", repeats="all") == ([], 3)


def test_what_was_refused_is_masked_unless_it_is_marked_otherwise() -> None:
    assert masked("Tell us", "US") == (["us"], 0)
    assert masked("Tell us", "US", "us") == ([], 1)
    assert masked("Tell us", "Bonn") == ([], 0)


def test_masks_that_overlap_are_one() -> None:
    assert masked("A A A A", "A A") == (["A A A A"], 0)


def test_the_text_after_a_truncated_reply_is_masked_except_for_its_spans() -> None:
    text = "Ann left us. Then Ann came."
    located = locate(text, [Mention("Ann", "PER")], LABELS)
    for uncertain in ("abstain", "ignore"):
        annotation = annotation_from_mentions(located, uncertain, [(8, len(text))])
        assert [text[slice(*place)] for place in annotation.abstain] == [" us. Then ", " came."]


def masked_beside(text: str, *mentions: Mention) -> tuple[list[str], int]:
    annotation = annotation_from_mentions(locate(text, mentions, LABELS), "abstain")
    return [text[slice(*place)] for place in annotation.abstain], len(annotation.spans or ())


def test_every_occurrence_of_an_off_schema_mention_is_masked_except_for_spans() -> None:
    assert masked_beside("Bo, Bo", Mention("Bo", "DOG")) == (["Bo", "Bo"], 0)
    assert masked_beside("Bo, Bo", Mention("Bo", "DOG"), Mention("Bo", "PER")) == (["Bo"], 1)
    assert masked_beside("Bo Lee, Bo", Mention("Bo", "DOG"), Mention("Bo Lee", "PER")) == (
        ["Bo"],
        1,
    )
    longer = Mention("Bo Lee", "DOG")
    assert masked_beside("Bo Lee", longer, Mention("Bo", "PER")) == ([" Lee"], 1)


def test_an_off_schema_mention_with_an_occurrence_number_masks_that_occurrence() -> None:
    text = "Bo, Bo, Bo"
    for number, place in enumerate([(0, 2), (4, 6), (8, 10)], 1):
        located = locate(text, [Mention("Bo", "DOG", number)], LABELS)
        assert annotation_from_mentions(located, "abstain").abstain == (place,)
    beyond = locate(text, [Mention("Bo", "DOG", 9)], LABELS)
    assert len(annotation_from_mentions(beyond, "abstain").abstain) == 3


def test_off_schema_mentions_are_not_masked_if_they_are_ignored_or_without_position() -> None:
    located = locate("Bo ran", [Mention("Bo", "DOG"), Mention("Rex", "DOG")], LABELS)
    assert annotation_from_mentions(located, "ignore").abstain == ()
    assert [has_known_position(one) for one in located] == [True, False]
