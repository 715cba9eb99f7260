"""Policies for nested spans: what the tags of one label cannot hold is counted."""

from __future__ import annotations

import pytest
from tests.nested_toys import nested_documents, nested_task

from vermeil.data.document import Annotation, Document, Span
from vermeil.refinement.candidates import ScorerPredictions
from vermeil.refinement.judge_corpora import divide_corpora
from vermeil.refinement.judging import JudgeResult, judge_silver
from vermeil.refinement.policy import LOST_SPANS, apply_policy_to_silver
from vermeil.selection.config import Policy

TASK = nested_task()
GOLD = nested_documents(40)
DOUBLE = Document(
    "double",
    "Leeds City Club and Rome",
    annotation=Annotation(
        (
            Span(0, 5, "LOC"),
            Span(0, 10, "ORG"),
            Span(0, 15, "ORG"),
            Span(6, 15, "ORG"),
            Span(20, 24, "LOC"),
        )
    ),
)
"""Three spans of ORG that share words: the tags hold the longest of the first two."""


@pytest.fixture(scope="module")
def judged() -> JudgeResult:
    corpora = divide_corpora(GOLD, [*GOLD, DOUBLE])
    return judge_silver(corpora, GOLD, TASK, ScorerPredictions(None, {}), (1.0,))


@pytest.mark.parametrize("policy", ["keep", "abstain", "weight", "relabel"])
def test_spans_that_share_words_with_one_of_their_label_are_counted(
    judged: JudgeResult, policy: Policy
) -> None:
    documents, changes = apply_policy_to_silver(judged, TASK, policy, 0.0)
    found = {one.id: one for one in documents}["double"]
    assert found.meta[LOST_SPANS] == 2
    assert changes["span without tags → nothing"] == 2
    assert [s.key for s in found.spans or () if s.label == "ORG"] == [(0, 15, "ORG")]
    again, _ = apply_policy_to_silver(judged, TASK, policy, 0.0)
    assert {one.id: one for one in again}["double"].meta[LOST_SPANS] == 2


def test_spans_of_different_labels_are_not_lost(judged: JudgeResult) -> None:
    documents, _ = apply_policy_to_silver(judged, TASK, "keep", 0.0)
    assert all(LOST_SPANS not in one.meta for one in documents if one.id != "double")
