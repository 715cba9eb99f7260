from __future__ import annotations

from typing import Any

import pytest

from vermeil.data.document import UNANNOTATED
from vermeil.data.reply import Reply, State
from vermeil.tasks.replies import (
    answer_objects,
    as_text,
    unreliable_empty_result,
    unusable_result,
    was_filtered,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"k": 1}', {"k": 1}),
        ('  {\n "k" :\n 1 }\n', {"k": 1}),
        ('```json\n{"k": 1}\n```', {"k": 1}),
        ('Because {this} and [that]. {"k": 1} I hope that helps {!}', {"k": 1}),
        ('draft {"k": 1}, better {"k": 2}', {"k": 2}),
        ('{"answer": {"k": 1}, "sure": true}', {"k": 1}),
        ('[{"k": 1}]', {"k": 1}),
        ('{"k": 1, "why": "not {\\"k\\": 2}"}', {"k": 1, "why": 'not {"k": 2}'}),
        ('{"k": {"k": 2}}', {"k": {"k": 2}}),
        ('{"other": 1}', None),
        ("no JSON at all", None),
        ("", None),
        ("{'k': 1}", None),
        ('{"k": 1', None),
        ('{"k": 1,}', None),
    ],
)
def test_the_answer_is_found_whatever_stands_around_it(
    text: str, expected: dict[str, Any] | None
) -> None:
    assert answer_objects(text, "k", "") == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"k": 1}\n{"k": 2}', [1, 2]),
        ('[{"k": 1}, {"k": 2}, {"k": 3}]', [1, 2, 3]),
        ('Part 1: {"k": 1}\nPart 2: {"k": 2}\nFinal: {"k": 3}', [3]),
        ('{"parts": [{"k": 1}, {"k": 2}]}', [1, 2]),
        ('{"k": [1], "k": [2]}', [[1, 2]]),
        ('{"k": "a", "k": "b"}', [["a", "b"]]),
        ('{"k": "a", "k": "a"}', ["a"]),
        ('Draft: {"k": 1}\n{"k": 2}', [2]),
        ('{"k": 1}\nIf that is too strict, {"k": 2}.', [1]),
        ('{"k": 1}\nIt could also be {"k": 2}.', [1]),
        ('For example {"k": 1}\n{"k": 2}', [2]),
        ('Ann left. {"k": 1}\nBob came. {"k": 2}', [1, 2]),
    ],
)
def test_parts_of_an_answer_are_kept_and_drafts_are_not(
    text: str, expected: list[int | list[int | str] | str]
) -> None:
    found = answer_objects(text, "k", "Ann left. Bob came.")
    assert [one["k"] for one in found] == expected


@pytest.mark.parametrize("broken", ['{"k": [1, 2', '{"k": [1,]}', '{"why": "x", "k" : [1'])
def test_a_draft_before_a_broken_answer_is_not_the_answer(broken: str) -> None:
    assert answer_objects('If there is none: {"k": []}\n' + broken, "k", "") == []


@pytest.mark.parametrize(
    "text",
    ['{"k": ' * 50_000, '{"k": [' + "[" * 200_000, '{"k": ' + "9" * 10_000 + "}", '{"' * 50_000],
)
def test_absurd_replies_are_no_answer_and_no_crash(text: str) -> None:
    assert answer_objects(text, "k", "") == []


def test_half_a_surrogate_pair_is_replaced_so_that_text_can_be_written() -> None:
    assert as_text("a\ud83d") == "a\ufffd"
    assert as_text("a😀") == "a😀"
    assert as_text(3) is None


REFUSALS = [
    "I'm sorry, but I can't assist with that request.",
    "Sorry, I cannot help with this.",
    "I cannot provide assistance with this text.",
    "I am unable to process this request.",
    "I’m sorry, I can’t comply.",
    "As an AI language model, I cannot do that.",
    "Unfortunately, I am not able to fulfil this request.",
    "I'm unable to help with that.",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_plain_refusals_are_recognised(text: str) -> None:
    reading = unusable_result(Reply(text), "why")
    assert (reading.state, reading.annotation) == (State.REFUSED, UNANNOTATED)


@pytest.mark.parametrize(
    "text",
    [
        "There are no named entities in this sentence.",
        "I cannot find any entity.",
        "I can't see any names here.",
        "Sorry is a song by Justin Bieber (MISC).",
        "The sentence says: I'm sorry, I can't help with that.",
        "I can help with that: Paris (LOC)",
        "I cannot help but notice Paris (LOC). " * 30,
        "",
    ],
)
def test_other_prose_is_unparsable_rather_than_refused(text: str) -> None:
    reading = unusable_result(Reply(text), "why", odd=2)
    assert (reading.state, reading.problem, reading.notes) == (State.UNPARSABLE, "why", {"odd": 2})
    assert reading.annotation.is_empty


def test_finish_reasons_name_the_state() -> None:
    def state(text: str, finish_reason: str) -> State:
        return unusable_result(Reply(text, finish_reason=finish_reason), "why").state

    assert state("Paris is", "length") is State.TRUNCATED
    assert state("", "content_filter") is State.REFUSED
    assert state(REFUSALS[0], "length") is State.REFUSED
    assert state("Paris is", "MAX_TOKENS") is State.TRUNCATED
    assert state("", "SAFETY") is State.REFUSED


def test_an_unknown_finish_reason_is_named() -> None:
    result = unusable_result(Reply("Paris is", finish_reason="abort"), "why")
    assert (result.state, result.problem) == (
        State.UNPARSABLE,
        "why; the server ended the reply with the reason 'abort'",
    )


EMPTY = '{"entities": []}'


@pytest.mark.parametrize(
    "finish_reason",
    ["stop", "STOP", "eos", "end_turn", "stop_sequence", "", "length", "max-tokens"],
)
def test_an_empty_answer_counts_if_the_model_ended_the_reply(finish_reason: str) -> None:
    assert unreliable_empty_result(Reply(EMPTY, finish_reason=finish_reason), "Ann left.") is None


@pytest.mark.parametrize(
    "finish_reason", ["abort", "error", "tool_calls", "network_error", "other"]
)
def test_an_empty_answer_after_an_unknown_finish_reason_does_not_count(finish_reason: str) -> None:
    result = unreliable_empty_result(Reply(EMPTY, finish_reason=finish_reason), "Ann left.")
    assert result is not None
    assert result.state is State.UNPARSABLE
    assert repr(finish_reason) in (result.problem or "")


@pytest.mark.parametrize("finish_reason", ["content_filter", "SAFETY", "recitation", "refusal"])
def test_filters_of_several_servers_are_known(finish_reason: str) -> None:
    assert was_filtered(Reply(EMPTY, finish_reason=finish_reason))


@pytest.mark.parametrize(
    "refusal",
    [
        *REFUSALS,
        "I can't extract personal data from this text.",
        "I must decline.",
        "I'm not comfortable with this request.",
        "This text violates my guidelines.",
    ],
)
def test_an_empty_answer_beside_a_refusal_does_not_count(refusal: Any) -> None:
    for text in (f"{refusal}\n{EMPTY}", f"{EMPTY}\n{refusal}", f"Well. {refusal} {EMPTY}"):
        result = unreliable_empty_result(Reply(text), "Ann left.")
        assert result is not None
        assert result.state is State.REFUSED


@pytest.mark.parametrize(
    "words",
    ["I cannot find any entity.", "I can't identify any names.", "I cannot label any word."],
)
def test_a_search_without_result_is_no_refusal(words: str) -> None:
    assert unreliable_empty_result(Reply(f"{words}\n{EMPTY}"), "Ann left.") is None


def test_a_refusal_that_the_text_holds_is_a_quotation() -> None:
    text = 'He wrote: "I cannot help with that."'
    reply = Reply(f"The sentence reads: I cannot help with that\n{EMPTY}")
    assert unreliable_empty_result(reply, text) is None
