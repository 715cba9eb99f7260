"""The oracle in small: names planted in real sentences, altered as teachers do, found again."""

from __future__ import annotations

from itertools import chain

import pytest
from benchmarks.oracle import sample_sentences, tally
from benchmarks.planted import ABSENT, DETERMINED, UNDETERMINED

SENTENCES = sample_sentences()


@pytest.mark.parametrize("kind", list(DETERMINED))
def test_what_is_determined_is_found(kind: str) -> None:
    (one,) = tally([kind], SENTENCES, 40, seed=1)
    assert one.right >= one.number - 1, one.wrong
    assert one.wrong_exact == 0


@pytest.mark.parametrize("kind", list(ABSENT))
def test_what_is_not_there_is_not_found(kind: str) -> None:
    (one,) = tally([kind], SENTENCES, 40, seed=1)
    assert one.right == one.number, one.wrong


def test_repeats_with_fewer_mentions_are_ambiguous() -> None:
    (one,) = tally(["repeats, said less often"], SENTENCES, 40, seed=1)
    assert set(one.statuses) == {"ambiguous"}


def test_altogether_the_goal_is_met() -> None:
    determined = tally(list(DETERMINED), SENTENCES, 25, seed=2)
    assert sum(t.right for t in determined) >= 0.995 * sum(t.number for t in determined)
    undetermined = tally(list(UNDETERMINED), SENTENCES, 5, seed=2)
    assert all(t.number for t in chain(determined, undetermined))
