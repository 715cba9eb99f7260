from __future__ import annotations

import dataclasses

import pytest

from vermeil.data.mention import LocatedMention, Mention, Status


def test_statuses_are_plain_words_for_records() -> None:
    assert [str(status) for status in Status] == [
        "exact",
        "normalised",
        "fuzzy",
        "ambiguous",
        "not_found",
        "duplicate",
        "overlap",
        "off_schema",
    ]


def test_a_mention_that_was_not_found_has_no_span() -> None:
    located = LocatedMention(Mention("Ann", "PER"), Status.NOT_FOUND)
    assert (located.span, located.occurrence_count, located.mention.occurrence) == (None, 0, None)


def test_mentions_can_be_counted_and_not_changed() -> None:
    assert len({Mention("Ann", "PER"), Mention("Ann", "PER"), Mention("Ann", "PER", 2)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        Mention("Ann", "PER").surface = "Bob"  # type: ignore[misc]
