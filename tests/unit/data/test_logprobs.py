from __future__ import annotations

import math

import pytest

from vermeil.data.logprobs import Logprobs
from vermeil.data.reply import Reply

ABOUT = Logprobs((3, 5, 9), (-1.0, -0.5, -0.25))


@pytest.mark.parametrize(
    ("ranges", "total"),
    [
        ([(0, 9)], -1.75),
        ([(0, 3)], -1.0),
        ([(2, 4)], -1.5),
        ([(3, 5)], -0.5),
        ([(4, 5), (3, 4)], -0.5),
        ([(0, 1), (8, 9)], -1.25),
        ([(4, 4)], 0.0),
        ([], 0.0),
    ],
)
def test_every_token_with_a_part_counts_once(ranges: list[tuple[int, int]], total: float) -> None:
    assert ABOUT.total(ranges) == pytest.approx(total)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 9, ABOUT),
        (3, 5, Logprobs((2,), (-0.5,))),
        (2, 6, Logprobs((1, 3, 4), (-1.0, -0.5, -0.25))),
        (4, 4, Logprobs((), ())),
    ],
)
def test_a_stretch_has_its_own_tokens(start: int, end: int, expected: Logprobs) -> None:
    part = ABOUT.for_range(start, end)
    assert (part, part.length) == (expected, end - start)


@pytest.mark.parametrize(
    ("ends", "values"),
    [
        ((1,), ()),
        ((0, 1), (-1, -1)),
        ((2, 1), (-1, -1)),
        ((1, 1), (-1, -1)),
        ((1,), (0.1,)),
        ((1,), (-math.inf,)),
        ((1,), (math.nan,)),
    ],
)
def test_what_cannot_be_is_refused(ends: tuple[int, ...], values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"tokens|log-probability"):
        Logprobs(ends, values)


def test_a_reply_takes_no_tokens_of_another() -> None:
    assert Reply("123456789", logprobs=ABOUT).logprobs == ABOUT
    with pytest.raises(ValueError, match="9 characters"):
        Reply("12345678", logprobs=ABOUT)
