"""The judge and its policies for several labels per text: every label is a region of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vermeil.data.document import Annotation, Document, LabelAbstention
from vermeil.refinement.candidates import ScorerPredictions
from vermeil.refinement.judge_corpora import divide_corpora
from vermeil.refinement.judging import JudgeResult, judge_silver
from vermeil.refinement.policy import apply_policy_to_silver
from vermeil.selection.config import Policy
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task

LABELS = ("sport", "trade", "rain")


@pytest.fixture(scope="module")
def task() -> Task:
    labels: dict[str, Any] = {label: {} for label in LABELS}
    section = {"name": "classification", "multi_label": True, "labels": labels}
    return make_task(TaskConfig.model_validate(section))


def text(number: int) -> Document:
    """A text with one of all combinations of labels."""
    labels = tuple(label for bit, label in enumerate(LABELS) if (number >> bit) & 1)
    return Document(f"d{number}", f"text {number}", annotation=Annotation(labels=labels))


def teacher_document(document: Document) -> Document:
    """A teacher that misses every second rain, and abstains from trade in every fifth text."""
    number = int(document.id[1:])
    missed = {"rain"} if number % 8 >= 4 and number % 16 >= 8 else set()
    unknown = (LabelAbstention(("trade",)),) if number % 5 == 0 else ()
    left_out = missed | {label for one in unknown for label in one.labels}
    labels = tuple(label for label in document.labels or () if label not in left_out)
    return document.with_annotation(Annotation(labels=labels, abstain_labels=unknown))


@pytest.fixture(scope="module")
def judged(task: Task) -> JudgeResult:
    every = [text(number) for number in range(160)]
    random = np.random.default_rng(0)
    rows = {}
    for one in every:
        truth = np.array([label in (one.labels or ()) for label in LABELS], np.float64)
        noise = random.uniform(0.05, 0.3, 3)
        rows[one.id] = np.abs(truth - noise)[None].astype(np.float32)
    corpora = divide_corpora(every[:80], [teacher_document(one) for one in every])
    return judge_silver(corpora, every[:80], task, ScorerPredictions(rows, {}), (1.0,))


def right_share(documents: tuple[Document, ...]) -> float:
    """Share of known labels that are right."""
    hits = [
        (label in (one.labels or ())) == (label in (text(int(one.id[1:])).labels or ()))
        for one in documents
        for label in LABELS
        if label not in one.annotation.unknown_labels
    ]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("policy", ["relabel", "soft"])
def test_the_missed_label_is_added_and_unknown_ones_stay_unknown(
    judged: JudgeResult, task: Task, policy: Policy
) -> None:
    before = tuple(one.document for one, _ in judged.silver)
    done, changes = apply_policy_to_silver(judged, task, policy, 0.5)
    assert right_share(before) < 0.95 < right_share(done) == 1
    assert changes == {"nothing → rain": 20}
    for one in done:
        task.check(one)
        assert ("trade" in one.annotation.unknown_labels) == (int(one.id[1:]) % 5 == 0)
        assert one.annotation.label_scores is None or set(one.annotation.label_scores) <= set(
            LABELS
        )


def test_a_label_that_was_probably_missed_becomes_unknown(judged: JudgeResult, task: Task) -> None:
    done, changes = apply_policy_to_silver(judged, task, "abstain", 0.5)
    assert changes == {"nothing → ?": 20}
    masked = [one for one in done if "rain" in one.annotation.unknown_labels]
    assert len(masked) == 20
    assert all(one.labels is not None for one in done)
    assert right_share(done) == 1
    target = task.encode(masked[0], ())
    assert target.classes[2] == -100
    assert (target.classes[:2] >= -100).all()


@pytest.mark.parametrize(("policy", "share"), [("keep", 0.9), ("drop_span", 0.9), ("complete", 1)])
def test_the_other_policies_decide_per_label(
    judged: JudgeResult, task: Task, policy: Policy, share: float
) -> None:
    done, _ = apply_policy_to_silver(judged, task, policy, 0.5)
    assert len(done) == 80
    assert right_share(done) == pytest.approx(share, abs=0.03)


def test_documents_with_probable_errors_are_dropped_whole(judged: JudgeResult, task: Task) -> None:
    done, _ = apply_policy_to_silver(judged, task, "drop_document", 0.9)
    assert 0 < len(done) < 80
    assert right_share(done) == 1
