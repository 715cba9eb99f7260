"""Log-probabilities of replies, in OpenAI's format."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest

from vermeil.data.logprobs import Logprobs
from vermeil.teacher.backends.openai.logprobs import (
    logprobs_content,
    logprobs_rejection_advice,
    parse_logprobs,
)
from vermeil.teacher.config import TeacherConfig


def payload(*tokens: tuple[Any, Any]) -> dict[str, Any]:
    return {"content": [{"token": token, "logprob": value} for token, value in tokens]}


BOTH = Logprobs((2, 3), (-1.0, -2.0))


@pytest.mark.parametrize(
    "tokens",
    [
        [("{a", -1), ("}", -2)],
        [("{a", -1), ("}", -2), ("<|im_end|>", -3)],
        [("{a", -1), ("}", -2), ("\n", -3), ("</s>", -3), ("", -3)],
        [(" ", -3), ("{a", -1), ("}", -2)],
        [("\n{a", -1), ("}\n\n", -2)],
        [("<think>", -3), ("{a} or {b}?", -3), ("</think>", 0), ("{a", -1), ("}", -2)],
        [("{a", -1), ("", -7), ("}", -2)],
    ],
)
def test_tokens_before_and_after_the_reply_are_removed(tokens: list[tuple[str, int]]) -> None:
    assert parse_logprobs(payload(*tokens), "{a}") == BOTH


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        {"content": None},
        {"content": []},
        {"content": ["{a}"]},
        {"tokens": ["{a}"], "token_logprobs": [-1.0]},
        payload(("{a", -1)),
        payload(("{a", -1), ("}", -1), ("and more", -1)),
        payload(("{b", -1), ("}", -1)),
        payload(("{a}", None)),
        payload(("{a}", "much")),
        payload(("{a}", 0.5)),
        payload(("{a}", math.nan)),
        payload(("{a}", 10**400)),
        payload((None, -1)),
        {"content": [{"token": "{a}", "logprob": -1, "bytes": 10**12}]},
        {"content": [{"token": "{a}", "logprob": -1, "bytes": [300]}]},
        {"content": [{"token": "{a}", "logprob": -1, "bytes": "{a}"}]},
    ],
)
def test_tokens_that_do_not_match_the_reply_give_none(wrong: Any) -> None:
    assert parse_logprobs(wrong, "{a}") is None
    assert parse_logprobs(wrong, "") is None


def test_parts_of_a_character_become_one_token() -> None:
    data = "é😀!".encode()
    cuts = [0, 1, 3, 5, 6, 7]
    pieces = [data[first:last] for first, last in pairwise(cuts)]
    content = [
        {"token": piece.decode(errors="replace"), "bytes": list(piece), "logprob": -1}
        for piece in pieces
    ]
    found = parse_logprobs({"content": content}, "é😀!")
    assert found == Logprobs((2, 3), (-4.0, -1.0))
    assert parse_logprobs(logprobs_content(found, "é😀!"), "é😀!") == found


@pytest.mark.parametrize(
    ("value", "kept"), [(1e-6, 0.0), (-math.inf, -9999.0), (-0.1234567, -0.12346)]
)
def test_values_are_rounded_and_kept_in_bounds(value: Any, kept: float) -> None:
    assert parse_logprobs(payload(("x", value)), "x") == Logprobs((1,), (kept,))


@pytest.mark.parametrize(
    ("status", "words", "text", "wanted", "is_advice"),
    [
        (400, "Unsupported: 'logprobs'", "x", True, True),
        (400, "Unsupported: 'logprobs'", "x", False, False),
        (400, "Unsupported: 'logprobs'", "about logprobs", True, False),
        (400, "Unsupported: 'temperature'", "x", True, False),
        (429, "too many logprobs", "x", True, False),
    ],
)
def test_a_rejection_of_logprobs_is_recognised(
    status: int, words: str, text: str, wanted: bool, is_advice: bool
) -> None:
    config = TeacherConfig(logprobs=wanted)
    assert (logprobs_rejection_advice(status, words, text, config) is not None) == is_advice
