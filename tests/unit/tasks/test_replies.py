import pytest

from vermeil.data.document import UNANNOTATED
from vermeil.data.reply import Reply, State
from vermeil.tasks.replies import as_text, last_object, unusable_result


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
def test_last_object_finds_the_answer_whatever_stands_around_it(text, expected):
    assert last_object(text, "k") == expected


@pytest.mark.parametrize("broken", ['{"k": [1, 2', '{"k": [1,]}', '{"why": "x", "k" : [1'])
def test_a_draft_before_a_broken_answer_is_not_the_answer(broken):
    assert last_object('If there is none: {"k": []}\n' + broken, "k") is None


@pytest.mark.parametrize(
    "text",
    ['{"k": ' * 50_000, '{"k": [' + "[" * 200_000, '{"k": ' + "9" * 10_000 + "}", '{"' * 50_000],
)
def test_absurd_replies_are_no_answer_and_no_crash(text):
    assert last_object(text, "k") is None


def test_half_a_surrogate_pair_is_replaced_so_that_text_can_be_written():
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
def test_plain_refusals_are_recognised(text):
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
def test_other_prose_is_unparsable_rather_than_refused(text):
    reading = unusable_result(Reply(text), "why", odd=2)
    assert (reading.state, reading.problem, reading.notes) == (State.UNPARSABLE, "why", {"odd": 2})
    assert reading.annotation.is_empty


def test_finish_reasons_name_the_state():
    def state(text, finish_reason):
        return unusable_result(Reply(text, finish_reason=finish_reason), "why").state

    assert state("Paris is", "length") is State.TRUNCATED
    assert state("", "content_filter") is State.REFUSED
    assert state(REFUSALS[0], "length") is State.REFUSED
