"""Replies with overlapping entities: location, abstentions, votes and judge candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.nested_toys import nested_documents, nested_task

from vermeil.data.document import Annotation, Document, LabelAbstention, Span
from vermeil.data.reply import Reply, State
from vermeil.data.words import split_words
from vermeil.selection.policies import JudgedRegion, apply_policy
from vermeil.tasks.protocol import ReplyResult
from vermeil.tasks.votes import Verdicts

TEXT = "The University of Leeds beat Leeds in Leeds."
OUTER, INNER = (4, 23, "ORG"), (18, 23, "LOC")
BEATEN, PLACE = (29, 34, "ORG"), (38, 43, "LOC")


def read(answer: str, text: str = TEXT, **values: Any) -> ReplyResult:
    return nested_task(**values).read(text, Reply(answer))


def keys(result: ReplyResult | Annotation) -> list[tuple[int, int, str]]:
    annotation = result.annotation if isinstance(result, ReplyResult) else result
    return [span.key for span in annotation.spans or ()]


ANSWERS = {
    "json": '{"entities": [{"text": "University of Leeds", "label": "ORG"}, {"text": "Leeds", '
    '"label": "LOC"}, {"text": "Leeds", "label": "ORG"}, {"text": "Leeds", "label": "LOC"}]}',
    "json_occurrence": '{"entities": [{"text": "University of Leeds", "label": "ORG", "occurrence":'
    ' 1}, {"text": "Leeds", "label": "LOC", "occurrence": 1}, {"text": "Leeds", "label": "ORG", '
    '"occurrence": 2}, {"text": "Leeds", "label": "LOC", "occurrence": 3}]}',
    "xml_tags": "The <ORG>University of <LOC>Leeds</LOC></ORG> beat <ORG>Leeds</ORG> in "
    "<LOC>Leeds</LOC>.",
    "lines": "University of Leeds (ORG)\nLeeds (LOC)\nLeeds (ORG)\nLeeds (LOC)",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_name_within_a_name_is_located(name: str) -> None:
    result = read(ANSWERS[name], reply_format=name)
    assert keys(result) == [OUTER, INNER, BEATEN, PLACE]


@pytest.mark.parametrize(
    "name", [*ANSWERS, "json_list", "json_labels", "json_surfaces", "token_indices", "reasons"]
)
def test_the_demonstrated_answer_of_every_format_can_be_read_back(name: str) -> None:
    task = nested_task(reply_format=name)
    document = nested_documents(1)[0]
    *_, answer, _ = task.render("standard", "x", [document])
    again = task.read(document.text, Reply(answer["content"]))
    assert keys(again) == keys(document.annotation)


def test_one_stretch_with_two_labels_has_both() -> None:
    answer = '{"entities": [{"text": "Leeds", "label": "LOC"}, {"text": "Leeds", "label": "ORG"}]}'
    assert keys(read(answer, "Leeds won.")) == [(0, 5, "LOC"), (0, 5, "ORG")]
    assert keys(read(answer, "Leeds beat Leeds.")) == [(0, 5, "LOC"), (11, 16, "ORG")]


def test_within_a_longer_name_of_its_label_a_name_is_marked_only_if_it_must() -> None:
    answer = (
        '{"entities": [{"text": "New York", "label": "LOC"}, {"text": "York", "label": "LOC"}]}'
    )
    assert keys(read(answer, "New York and York.")) == [(0, 8, "LOC"), (13, 17, "LOC")]
    assert keys(read(answer, "New York won.")) == [(0, 8, "LOC"), (4, 8, "LOC")]


def test_without_nested_the_inner_name_stays_unmarked() -> None:
    text = "The University of Leeds."
    assert keys(read(ANSWERS["json"], text, nested=False)) == [OUTER]
    assert keys(read(ANSWERS["json"], text)) == [OUTER, INNER, (18, 23, "ORG")]


def test_an_uncertain_mention_is_unknown_for_its_label_alone() -> None:
    answer = (
        '{"entities": [{"text": "US Steel", "label": "ORG"}, {"text": "US", "label": "LOC"}, '
        '{"text": "PO", "label": "LOC"}]}'
    )
    result = read(answer, "US Steel is at po in us.", repeats="abstain")
    assert (0, 8, "ORG") in keys(result)
    assert (0, 2, "LOC") in keys(result)
    assert result.annotation.abstain_labels == (LabelAbstention(("LOC",), 15, 17),)
    assert result.annotation.abstain == ()


def test_the_prompt_requests_inner_entities_only_with_nested() -> None:
    plain, nested = nested_task(nested=False), nested_task()
    system = nested.render("standard", TEXT)[0]["content"]
    assert "may lie within another one" in system
    paragraphs = [part for part in system.split("\n\n") if "within another" not in part]
    assert "\n\n".join(paragraphs) == plain.render("standard", TEXT)[0]["content"]


def annotation(*spans: tuple[int, int, str], **values: Any) -> Annotation:
    return Annotation(tuple(Span(*one) for one in spans), **values)


def test_a_vote_keeps_overlaps_and_abstains_from_the_label_of_a_loser() -> None:
    voters = [annotation(OUTER, INNER), annotation(OUTER, INNER), annotation(OUTER, PLACE)]
    result = nested_task().vote(voters, "majority", abstain=True)
    assert keys(result.annotation) == [OUTER, INNER]
    assert result.annotation.abstain_labels == (LabelAbstention(("LOC",), 38, 43),)
    assert result.counts == {
        **{"candidates": 3, "unanimous": 1, "kept": 2, "lost": 1},
        "abstained": 1,
    }


def test_verification_keeps_overlaps_and_drops_a_relabelled_double() -> None:
    task = nested_task()
    voters = [annotation(OUTER, INNER), annotation(OUTER, (18, 23, "ORG"))]
    vote = task.vote(voters, "any", abstain=True)
    assert task.verification is not None
    numbers = {one.span.label: n for n, one in enumerate(vote.contested_spans, start=1)}
    verdicts = Verdicts(State.DONE, {numbers["LOC"]: "LOC", numbers["ORG"]: "LOC"})
    checked = task.verification.apply_verdicts(TEXT, vote, verdicts, abstain=True)
    assert keys(checked.annotation) == [OUTER, INNER]


def judged(policy: Any, threshold: float) -> Any:
    """A policy's result for a teacher that marks both names, and students that see the outer."""
    task = nested_task()
    words = split_words(TEXT)
    rows = np.zeros((len(words), 3, 3), np.float32)
    rows[:, :, 0] = 1
    rows[1, 0] = (0.05, 0.95, 0)
    rows[2:4, 0] = (0.05, 0, 0.95)
    rows[3, 1] = (0.9, 0.1, 0)
    teacher = annotation(OUTER, INNER)
    regions = task.regions(Document("d", TEXT, annotation=teacher), words, rows)
    assert [(one.start, one.end, one.label) for one in regions] == [OUTER, INNER]
    of_judge = [JudgedRegion(one, np.exp(one.log_probs)) for one in regions]
    return apply_policy(teacher, of_judge, policy, threshold)


def test_a_policy_decides_each_of_two_overlapping_spans() -> None:
    assert [span.key for span in judged("keep", 0.5).labelled] == [OUTER, INNER]
    assert [span.key for span in judged("drop_span", 0.5).labelled] == [OUTER]
    masked = judged("abstain", 0.5)
    assert [span.key for span in masked.labelled] == [OUTER]
    assert masked.abstain == ()
    assert masked.abstain_labels == (INNER,)
    soft = {span.key: span.soft for span in judged("soft", 0.5).labelled}
    assert soft[INNER] == {"LOC": pytest.approx(0.1, abs=0.01)}
