"""Invariants of regions and policies for every teacher, every student and every judge."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.records import document_to_line
from vermeil.data.words import split_words
from vermeil.selection.policies import JudgedRegion, PolicyResult, apply_policy, expected_f1
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask

LABELS: dict[str, Any] = {"PER": {}, "LOC": {}, "ORG": {}}
TASKS = {
    scheme: NerTask(TaskConfig.model_validate({"labels": LABELS, "scheme": scheme}))
    for scheme in ("iob2", "bioes")
}
POLICIES = ("keep", "drop_document", "drop_span", "abstain", "weight", "relabel", "soft")


@st.composite
def spans_in(draw: st.DrawFn, text: str) -> tuple[Span, ...]:
    """Spans without overlaps; they may cut words."""
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return tuple(Span(a, b, draw(st.sampled_from(sorted(LABELS)))) for a, b in pairs)


@st.composite
def cases(draw: st.DrawFn) -> tuple[NerTask, Document, np.ndarray, list[JudgedRegion]]:
    """A document with the teacher's annotation, students' probabilities and judged regions."""
    task = TASKS[draw(st.sampled_from(sorted(TASKS)))]
    text = " ".join(draw(st.lists(st.sampled_from(["Bo", "saw", "Rome,", "x-y"]), max_size=7)))
    words = split_words(text)
    document = Document("d", text, annotation=Annotation(spans=draw(spans_in(text))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sharpness = draw(st.sampled_from([0.05, 0.3, 3.0]))
    rows = rng.dirichlet(np.full(len(task.classes), sharpness), len(words)).astype(np.float32)
    judged_regions = [
        JudgedRegion(region, rng.dirichlet(np.full(len(region.candidates), sharpness)))
        for region in task.regions(document, words, rows)
    ]
    return task, document, rows, judged_regions


def write(task: NerTask, document: Document, result: PolicyResult) -> Document:
    return document.with_annotation(task.make_annotation(result.labelled, result.abstain))


@given(cases())
def test_regions_cover_every_span_of_teacher_and_students_once(case: Any) -> None:
    task, document, rows, judged_regions = case
    words = split_words(document.text)
    regions = [j.region for j in judged_regions]
    for before, after in pairwise(regions):
        assert before.end <= after.start
    teacher, student = task.span_keys(document, words), task.decode(words, rows).spans or ()
    assert [m for r in regions for m in r.candidates[r.teacher_choice]] == list(teacher)
    assert [m for r in regions for m in r.candidates[r.student_choice]] == [s.key for s in student]
    for region in regions:
        assert np.exp(region.log_probs).sum() == pytest.approx(1)
        assert len(set(region.candidates)) == len(region.candidates) == len(region.log_probs)
        assert () in region.candidates
        for candidate in region.candidates:
            task.check(document.with_annotation(Annotation(tuple(Span(*m) for m in candidate))))
            assert all(region.start <= m[0] < m[1] <= region.end for m in candidate)
        assert region.candidate_index(teacher) == region.teacher_choice


@given(cases(), st.sampled_from(POLICIES), st.floats(0, 1))
def test_policy_results_can_be_encoded_and_their_changes_are_complete(
    case: Any, policy: Any, threshold: Any
) -> None:
    task, document, _, judged_regions = case
    result = apply_policy(document.annotation, judged_regions, policy, threshold)
    refined = write(task, document, result)
    task.check(refined)
    document_to_line(refined)
    words = split_words(document.text)
    assert task.encode(refined, words).encoding_losses == {}
    taken = sorted([*((s.start, s.end) for s in result.labelled), *result.abstain])
    assert all(a[1] <= b[0] for a, b in pairwise(taken))

    marks = {m[:2]: m[2] for m in task.span_keys(document, words)}
    for change in result.changes:
        where = (change["start"], change["end"])
        assert change["was"] != change["is"]
        assert marks.pop(where, None) == change["was"]
        if change["is"] is not None:
            marks[where] = change["is"]
        assert 0 <= change["probability"] <= 1
    likely = {
        (s.start, s.end): s.label
        for s in result.labelled
        if s.soft is None or sum(s.soft.values()) >= 0.5
    }
    assert marks == likely | dict.fromkeys(result.abstain, "?")
    assert all(0 <= (s.score or 0.0) <= 1 for s in result.labelled)


@given(cases())
def test_probabilities_of_span_keys_and_ranges_agree(case: Any) -> None:
    *_, judged_regions = case
    assert 0 <= expected_f1(judged_regions) <= 1 + 1e-9
    for judged_region in judged_regions:
        region = judged_region.region
        whole = judged_region.probability_of_any(region.start, region.end)
        assert whole == pytest.approx(
            1 - judged_region.probabilities[region.candidates.index(())], abs=1e-9
        )
        for mark in {m for candidate in region.candidates for m in candidate}:
            assert (
                judged_region.probability(mark)
                <= judged_region.probability_of_any(*mark[:2]) + 1e-9
            )
            shares = judged_region.label_probabilities(*mark[:2])
            assert 0 <= sum(shares.values()) <= judged_region.probability_of_any(*mark[:2]) + 1e-4
        for mark in judged_region.best:
            shares = judged_region.label_probabilities(*mark[:2])
            assert sum(shares.values()) == pytest.approx(
                judged_region.probability_of_any(*mark[:2]), abs=1e-4
            )
