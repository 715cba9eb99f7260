"""What must hold of regions and policies for every teacher, every student and every judge."""

from itertools import pairwise

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

LABELS = {"PER": {}, "LOC": {}, "ORG": {}}
TASKS = {
    scheme: NerTask(TaskConfig.model_validate({"labels": LABELS, "scheme": scheme}))
    for scheme in ("iob2", "bioes")
}
POLICIES = ("keep", "drop_document", "drop_span", "abstain", "weight", "relabel", "soft")


@st.composite
def spans_in(draw: st.DrawFn, text: str) -> tuple[Span, ...]:
    """Spans that share no character; they may cut words."""
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return tuple(Span(a, b, draw(st.sampled_from(sorted(LABELS)))) for a, b in pairs)


@st.composite
def judged(draw: st.DrawFn) -> tuple[NerTask, Document, np.ndarray, list[JudgedRegion]]:
    """A document as the teacher annotated it, what students say, and a judge's opinion."""
    task = TASKS[draw(st.sampled_from(sorted(TASKS)))]
    text = " ".join(draw(st.lists(st.sampled_from(["Bo", "saw", "Rome,", "x-y"]), max_size=7)))
    words = split_words(text)
    document = Document("d", text, annotation=Annotation(spans=draw(spans_in(text))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sharpness = draw(st.sampled_from([0.05, 0.3, 3.0]))
    rows = rng.dirichlet(np.full(len(task.classes), sharpness), len(words)).astype(np.float32)
    judgements = [
        JudgedRegion(region, rng.dirichlet(np.full(len(region.candidates), sharpness)))
        for region in task.regions(document, words, rows)
    ]
    return task, document, rows, judgements


def write(task: NerTask, document: Document, ruling: PolicyResult) -> Document:
    return document.with_annotation(task.make_annotation(ruling.spans, ruling.abstain))


@given(judged())
def test_regions_cover_all_that_anyone_sees_and_nothing_twice(case):
    task, document, rows, judgements = case
    words = split_words(document.text)
    regions = [j.region for j in judgements]
    for before, after in pairwise(regions):
        assert before.end <= after.start
    said, predicted = task.marks(document, words), task.decode(words, rows).spans or ()
    assert [m for r in regions for m in r.options[r.said]] == list(said)
    assert [m for r in regions for m in r.options[r.predicted]] == [s.key for s in predicted]
    for region in regions:
        assert np.exp(region.evidence).sum() == pytest.approx(1)
        assert len(set(region.options)) == len(region.options) == len(region.evidence)
        assert () in region.options
        for option in region.options:
            task.check(document.with_annotation(Annotation(tuple(Span(*m) for m in option))))
            assert all(region.start <= m[0] < m[1] <= region.end for m in option)
        assert region.within(said) == region.said


@given(judged(), st.sampled_from(POLICIES), st.floats(0, 1))
def test_what_a_policy_writes_can_be_learnt_and_is_accounted_for(case, policy, threshold):
    task, document, _, judgements = case
    ruling = apply_policy(document.spans or (), judgements, policy, threshold)
    ruled = write(task, document, ruling)
    task.check(ruled)
    document_to_line(ruled)
    words = split_words(document.text)
    assert task.encode(ruled, words).losses == {}
    taken = sorted([*((s.start, s.end) for s in ruling.spans), *ruling.abstain])
    assert all(a[1] <= b[0] for a, b in pairwise(taken))

    marks = {m[:2]: m[2] for m in task.marks(document, words)}
    for change in ruling.changes:
        place = (change["start"], change["end"])
        assert change["was"] != change["is"]
        assert marks.pop(place, None) == change["was"]
        if change["is"] is not None:
            marks[place] = change["is"]
        assert 0 <= change["chance"] <= 1
    likely = {
        (s.start, s.end): s.label
        for s in ruling.spans
        if s.soft is None or sum(s.soft.values()) >= 0.5
    }
    assert marks == likely | dict.fromkeys(ruling.abstain, "?")
    assert all(0 <= (s.score or 0.0) <= 1 for s in ruling.spans)


@given(judged())
def test_probabilities_of_marks_and_stretches_agree(case):
    *_, judgements = case
    assert 0 <= expected_f1(judgements) <= 1 + 1e-9
    for judgement in judgements:
        region = judgement.region
        whole = judgement.filled(region.start, region.end)
        assert whole == pytest.approx(1 - judgement.chances[region.options.index(())], abs=1e-9)
        for mark in {m for option in region.options for m in option}:
            assert judgement.chance(mark) <= judgement.filled(*mark[:2]) + 1e-9
            shares = judgement.labels(*mark[:2])
            assert 0 <= sum(shares.values()) <= judgement.filled(*mark[:2]) + 1e-4
        for mark in judgement.best:
            shares = judgement.labels(*mark[:2])
            assert sum(shares.values()) == pytest.approx(judgement.filled(*mark[:2]), abs=1e-4)
