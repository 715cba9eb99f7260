"""Requests to the coach and its replies."""

import math
from collections.abc import Sequence

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.reply import Message
from vermeil.prompting.allowance import Allowance, Amount
from vermeil.prompting.coach import describe_errors, request_object
from vermeil.prompting.config import OptimizeConfig
from vermeil.prompting.guidelines import optimise_guidelines
from vermeil.prompting.optimiser import CoachTally, OptimiserTools, ScorePrompt
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.score import PromptScore
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig

TASK = make_task(TaskConfig(labels={"PER": LabelConfig(), "LOC": LabelConfig()}))
TEXTS = ("Ann saw Rome", "Bo saw Oslo", "Cy saw Lima")
START = Prompt("standard", "", {"PER": "", "LOC": ""})


def scored(*label_lists: tuple[str | None, str | None]) -> PromptScore:
    """Return a score whose annotations label the first and the last word of each text."""
    documents: list[Document] = []
    predicted: list[Annotation] = []
    for i, (text, labels) in enumerate(zip(TEXTS, label_lists, strict=False)):
        end, start = text.index(" "), text.rindex(" ") + 1
        ranges = ((0, end), (start, len(text)))
        gold = [Span(*r, name) for r, name in zip(ranges, ("PER", "LOC"), strict=True)]
        found = [Span(*r, name) for r, name in zip(ranges, labels, strict=True) if name]
        documents.append(Document(f"d{i}", text, annotation=Annotation(spans=tuple(gold))))
        predicted.append(Annotation(spans=tuple(found)))
    pairs = zip(documents, predicted, strict=True)
    counts = tuple(TASK.count(d.annotation, annotation) for d, annotation in pairs)
    return PromptScore(tuple(documents), tuple(predicted), counts)


def tools(
    replies: Sequence[str | None], score: ScorePrompt = lambda prompt, documents: scored()
) -> tuple[OptimiserTools, list[list[Message]]]:
    """Return tools whose coach gives these replies in turn, and the requests that it received."""
    requests: list[list[Message]] = []

    def coach(messages: Sequence[Message]) -> str | None:
        requests.append(list(messages))
        return replies[len(requests) - 1]

    allowance = Allowance(Amount(*[math.inf] * 3), Amount(1, 1, 1))
    config = OptimizeConfig(rounds=1)
    return OptimiserTools(TASK, config, score, coach, allowance, CoachTally()), requests


@pytest.mark.parametrize(
    "reply",
    [
        '{"rules": [1]}',
        'Sure! ```json\n{"rules": [1]}\n```',
        'An example: {"a": 2}. Mine: {"rules": [1]} Good luck.',
        '{broken {"rules": [1]}',
    ],
)
def test_the_object_is_found_among_other_words(reply: str) -> None:
    kit, requests = tools([reply])
    assert request_object(kit, [{"role": "user", "content": "?"}], lambda o: o.get("rules")) == [1]
    assert len(requests) == 1
    assert (kit.tally.replies, kit.tally.unusable) == (1, 0)


def test_an_unusable_reply_is_followed_by_one_more_request() -> None:
    kit, requests = tools(["No.", '{"rules": []}'])
    found = request_object(kit, [{"role": "user", "content": "?"}], lambda o: o.get("rules"))
    assert found == []
    assert [m["role"] for m in requests[1]] == ["user", "assistant", "user"]
    assert (kit.tally.replies, kit.tally.unusable, kit.tally.problem) == (2, 1, "No.")


@pytest.mark.parametrize(("replies", "sent"), [([None], 1), (["No.", "[" * 100_000], 2)])
def test_no_usable_reply_gives_nothing(replies: list[str | None], sent: int) -> None:
    kit, requests = tools(replies)
    assert request_object(kit, [{"role": "user", "content": "?"}], lambda o: o.get("x")) is None
    assert len(requests) == kit.tally.unusable == sent


def test_errors_are_counted_and_frequent_kinds_come_first() -> None:
    text = describe_errors(scored(("PER", "PER"), ("PER", "PER"), (None, "LOC")), TASK, 2)
    counts, _, examples = text.partition("Examples:")
    assert counts.index("- LOC, type: 2") < counts.index("- PER, missing: 1")
    assert 'correct is "Rome" as LOC; the answer has "Rome" as PER' in examples
    assert 'correct is "Cy" as PER; the answer has nothing' in examples
    assert "Oslo" not in examples


def test_rules_are_cleaned_and_malformed_ones_are_left_out() -> None:
    reply = (
        '{"rules": [{"label": "LOC", "rule": " Towns\\n are LOC."}, {"label": "XYZ", "rule": '
        '"Odd."}, "Plain.", {"label": "PER"}, 7, {"label": "PER", "rule": "%s"}]}' % ("x" * 500)
    )
    tried: list[str] = []

    def score(prompt: Prompt, _: Sequence[Document]) -> PromptScore:
        tried.append(prompt.guidelines)
        return scored(("PER", "PER"))

    kit, _ = tools([reply], score)
    optimise_guidelines(START, [], kit)
    assert tried[1:] == ["- LOC: Towns are LOC.", "- Odd.", "- Plain."]
