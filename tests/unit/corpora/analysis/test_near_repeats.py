"""Repeated texts within one corpus."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.corpora.analysis.leaks import find_leaks, near_repeats
from vermeil.data.document import Document
from vermeil.errors import ConfigError

LONG = "The council of the old town met on the first Monday of the month to vote"
texts = st.lists(
    st.sampled_from([LONG, f"{LONG}.", f"{LONG} again", LONG[:60], LONG.upper(), "Goal!", "goal"])
    | st.text("ab ", max_size=30),
    max_size=9,
)


def test_equal_and_nearly_equal_texts_repeat_the_first() -> None:
    found = near_repeats([LONG, "Another text of more than five words", f"{LONG}!", LONG], 0.8)
    assert found == {2: 0, 3: 0}


def test_a_short_text_repeats_only_an_equal_one() -> None:
    assert near_repeats(["Rain in Rome", "Rain in Rom", "rain in Rome!"], 0.8) == {2: 0}


def test_a_copy_of_a_near_repeat_repeats_the_text_that_is_kept() -> None:
    changed = f"{LONG} again"
    assert near_repeats([LONG, changed, changed.upper()], 0.8) == {1: 0, 2: 0}


@given(texts, st.sampled_from([0.5, 0.8, 1.0]))
def test_texts_that_are_kept_do_not_repeat_and_the_others_do(
    given_texts: list[str], threshold: float
) -> None:
    repeats = near_repeats(given_texts, threshold)
    kept = [number for number in range(len(given_texts)) if number not in repeats]
    for number, earlier in repeats.items():
        assert earlier in kept
        assert earlier < number
    for place, number in enumerate(kept):
        before = [Document(str(n), given_texts[n]) for n in kept[:place]]
        report = find_leaks(before, [Document("x", given_texts[number])], threshold)
        assert (report.exact, report.near, report.short) == ((), (), ())


def test_threshold_is_checked() -> None:
    with pytest.raises(ConfigError, match="threshold is 0"):
        near_repeats(["a"], 0)
