"""Refinement, selection and the regimen auto, from documents to documents, with a tiny encoder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.refining import GOLD_TEXTS, corpora, right_share
from tests.toys import blending

import vermeil
from vermeil.data.document import UNANNOTATED, Annotation, Document, Span
from vermeil.errors import ConfigError, DataError
from vermeil.refinement.curate import CuratedSilver
from vermeil.refinement.select import rank_silver
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob


@pytest.fixture
def student(encoder: Path) -> StudentConfig:
    return StudentConfig(encoder=str(encoder), threads=1)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "judging"


@pytest.fixture
def job(student: StudentConfig, task: Task) -> TrainJob:
    """Settings without documents."""
    return TrainJob(task=task, student=student, blending=blending("simple_mix", 2))


@pytest.fixture
def auto(job: TrainJob) -> TrainJob:
    return replace(job, blending=blending("auto", 2), selection=TWO)


@pytest.fixture
def quick(job: TrainJob) -> TrainJob:
    """Settings with which a few documents are enough to learn the task."""
    faster = job.student.model_copy(update={"learning_rate": 1e-3})
    return replace(job, student=faster, blending=blending("simple_mix", 8))


TWO = SelectionConfig(folds=2)


def _refine(
    settings: TrainJob,
    cache: Path,
    gold: Sequence[Document],
    silver: Sequence[Document],
    selection: SelectionConfig,
) -> CuratedSilver:
    return vermeil.refine(replace(settings, gold=gold, silver=silver, selection=selection), cache)


def _select(
    settings: TrainJob,
    cache: Path,
    gold: Sequence[Document],
    silver: Sequence[Document],
    selection: SelectionConfig,
) -> CuratedSilver:
    return vermeil.select(replace(settings, gold=gold, silver=silver, selection=selection), cache)


def test_errors_that_gold_shows_are_corrected_in_silver(job: TrainJob, cache: Path) -> None:
    gold, silver = corpora()
    others = [d for d in silver if d.text not in {g.text for g in gold}]
    done = _refine(job, cache, gold, silver, TWO)
    assert done.report.better_than_teacher
    assert done.report.policy == "soft"
    assert right_share(done.documents) > right_share(others) + 0.2
    assert [d.id for d in done.documents] == [d.id for d in others]  # no text of gold
    counts = done.report.documents
    assert counts.silver == len(silver)
    assert counts.doubly_labelled == GOLD_TEXTS
    assert counts.written == len(others)
    assert counts.changed == sum("changes" in d.meta for d in done.documents) > 0
    changes = [change for d in done.documents for change in d.meta.get("changes", ())]
    assert sum(done.report.changes.values()) == len(changes)
    assert "PER → LOC" in done.report.changes
    for document in done.documents:
        job.task.check(document)
    f1 = {name: counts.overall.f1 for name, counts in done.report.gold.items()}
    assert f1["judge"] - f1["teacher"] == pytest.approx(done.report.gain.difference)
    json.dumps(done.report.as_dict())


def test_without_students_the_teachers_labels_are_judged(job: TrainJob, cache: Path) -> None:
    gold, silver = corpora()
    done = _refine(job, cache, gold, silver, SelectionConfig(folds=0, refinement="relabel"))
    assert not cache.exists()
    assert set(done.report.gold) == {"teacher", "judge"}
    limas = [d for d in done.documents if "Lima" in d.text]
    assert limas
    for document in limas:
        start = document.text.index("Lima")
        assert (start, start + 4, "LOC") in {s.key for s in document.spans or ()}


def test_the_judge_uses_the_teachers_confidence(job: TrainJob, cache: Path) -> None:
    gold, silver = corpora(strong=True)
    unsure = [_unsure(d, number) for number, d in enumerate(silver)]
    settings = SelectionConfig(folds=0, refinement="relabel")
    done = _refine(job, cache, gold, unsure, settings)
    assert done.report.weights["teacher uncertainty"] < 0
    others = [d for d in unsure if d.text not in {g.text for g in gold}]
    assert right_share(done.documents) > right_share(others)


def _unsure(document: Document, number: int) -> Document:
    """Put a wrong span with a low score into every third document; the others have a high one."""
    sure = [replace(span, score=0.97) for span in document.spans or ()]
    if number % 3 == 0:
        start = document.text.rindex(" ") + 1
        sure.append(Span(start, len(document.text), "LOC", score=0.2))
    return document.with_annotation(Annotation(tuple(sure)))


def test_a_strong_teachers_silver_stays_as_it_is(job: TrainJob, cache: Path) -> None:
    gold, silver = corpora(strong=True)
    done = _refine(job, cache, gold, silver, TWO)
    assert (done.report.better_than_teacher, done.report.policy) == (False, "keep")
    assert right_share(done.documents) == 1
    assert done.report.changes == {}
    assert all("changes" not in d.meta for d in done.documents)


def test_select_masks_or_drops_doubtful_silver_and_ranks_it(job: TrainJob, cache: Path) -> None:
    gold, silver = corpora()
    masked = _select(job, cache, gold, silver, TWO)
    assert any(d.annotation.abstain for d in masked.documents)
    labels = {s.key for d in silver for s in d.spans or ()}
    assert {s.key for d in masked.documents for s in d.spans or ()} <= labels
    ranked = rank_silver(masked.judge_result)
    assert {row.id for row in ranked} <= {d.id for d in masked.documents}
    assert ranked == sorted(ranked, key=lambda row: -row.worth)
    assert rank_silver(masked.judge_result, 3) == ranked[:3]
    # The cached probabilities are reused: no student is trained for another policy.
    kept = {p.name: p.stat().st_mtime_ns for p in cache.iterdir()}
    dropped = _select(
        job,
        cache,
        gold,
        silver,
        SelectionConfig(folds=2, policy="drop_document", threshold=0.9),
    )
    assert {p.name: p.stat().st_mtime_ns for p in cache.iterdir()} == kept
    counts = dropped.report.documents
    assert counts.dropped > 0
    assert counts.dropped + counts.written == len(silver) - GOLD_TEXTS


def test_auto_trains_on_refined_silver_and_is_deterministic(auto: TrainJob, tmp_path: Path) -> None:
    gold, silver = corpora()
    records = []
    for name in ("one", "two"):
        vermeil.train(replace(auto, gold=gold, silver=silver), tmp_path / name)
        record = json.loads((tmp_path / name / "training.json").read_text())
        assert record["refinement"]["better_than_teacher"]
        assert record["regimen"] == "simple_mix"
        assert record["silver_documents"] == len(silver) - GOLD_TEXTS
        assert (tmp_path / "judging").is_dir()
        records.append({k: v for k, v in record.items() if k != "seconds"})
    assert records[0] == records[1]


def test_auto_is_simple_mix_where_the_teacher_needs_no_correction(
    auto: TrainJob, tmp_path: Path
) -> None:
    gold, silver = corpora(strong=True)
    report = vermeil.train(replace(auto, gold=gold, silver=silver), tmp_path / "model")
    assert not report.record["refinement"]["better_than_teacher"]
    assert report.record["regimen"] == "simple_mix"


def test_topics_are_corrected_too(job: TrainJob, cache: Path, topics: Task) -> None:
    """The teacher takes every second text about trade for one about sport."""
    settings = replace(job, task=topics, blending=blending("simple_mix", 4))
    gold, silver = [], []
    for number in range(80):
        label = ("sport", "trade")[number % 2]
        word = {"sport": "goal goal", "trade": "bank bank"}[label]
        document = Document(
            f"d{number}", f"{word} {number}", annotation=Annotation(labels=(label,))
        )
        teacher_label = "sport" if number % 4 == 1 else label
        silver.append(
            Document(f"t{number}", document.text, annotation=Annotation(labels=(teacher_label,)))
        )
        if number < 40:
            gold.append(document)
    done = _refine(settings, cache, gold, silver, TWO)
    assert done.report.documents.written == 40
    for document in done.documents:
        topics.check(document)
        assert document.labels is not None
    assert done.report.gain.difference >= 0
    if done.report.better_than_teacher:
        truth = {d.id: ("sport", "trade")[int(d.id[1:]) % 2] for d in done.documents}
        right = [truth[d.id] == (d.labels or ("",))[0] for d in done.documents]
        assert sum(right) > 30


def test_silver_without_golds_texts_is_refused(job: TrainJob, cache: Path) -> None:
    gold, silver = corpora()
    others = [d for d in silver if d.text not in {g.text for g in gold}]
    without = SelectionConfig(folds=0)
    with pytest.raises(
        DataError, match=r"none of the 30 gold texts is in silver.*teacher.annotate_gold to true"
    ):
        _refine(job, cache, gold, others, without)
    with pytest.raises(DataError, match=r"at least 20 are needed. Give the teacher the texts"):
        _refine(job, cache, gold, [*silver[:5], *others], without)
    with pytest.raises(DataError, match="every silver document is in gold, too"):
        _refine(job, cache, gold, silver[:GOLD_TEXTS], without)


def test_auxiliary_scorers_are_used_and_trained_once(quick: TrainJob, cache: Path) -> None:
    gold, silver = corpora()
    both = SelectionConfig(folds=2, corrector=True, dynamics=True)
    done = _refine(quick, cache, gold, silver, both)
    names = {"corrector", "dynamics, first pass", "dynamics, last pass"}
    assert names <= set(done.report.gold)
    assert names <= set(done.report.signals["correct"])
    assert names <= set(done.report.weights)
    f1 = {name: counts.overall.f1 for name, counts in done.report.gold.items()}
    assert f1["corrector"] > f1["teacher"]  # the teacher's errors are regular
    assert right_share(done.documents) > 0.9
    kept = {p.name: p.stat().st_mtime_ns for p in cache.iterdir()}
    again = _refine(quick, cache, gold, silver, both)
    assert {p.name: p.stat().st_mtime_ns for p in cache.iterdir()} == kept
    assert again.report == done.report


def test_students_of_a_second_round_are_trained_on_corrected_silver(
    quick: TrainJob, cache: Path
) -> None:
    gold, silver = corpora()
    once = _refine(quick, cache, gold, silver, TWO)
    kept = {p.name for p in cache.iterdir()}
    twice = _refine(quick, cache, gold, silver, SelectionConfig(folds=2, rounds=2))
    # They score silver only: their training silver was corrected using all gold.
    assert len({p.name for p in cache.iterdir()} - kept) == 2
    students = [done.report.gold["students"].overall for done in (once, twice)]
    assert students[0] == students[1]
    predicted = [
        {i.document.id: i.predicted for i, _ in d.judge_result.silver} for d in (once, twice)
    ]
    assert predicted[0] != predicted[1]
    assert right_share(twice.documents) >= right_share(once.documents)


def test_students_read_neighbours_of_a_group_together(quick: TrainJob, cache: Path) -> None:
    gold, silver = corpora()
    alone, together = (
        _refine(quick, cache, gold, silver, SelectionConfig(folds=2, context=context))
        for context in ("none", "group")
    )
    evidence = [
        np.concatenate([j.region.log_probs for _, js in done.judge_result.silver for j in js])
        for done in (alone, together)
    ]
    assert len(evidence[0]) != len(evidence[1]) or not np.allclose(evidence[0], evidence[1])


@pytest.mark.parametrize("setting", [{"corrector": True}, {"dynamics": True}, {"rounds": 2}])
def test_auxiliary_scorers_need_students(
    job: TrainJob, cache: Path, setting: dict[str, int]
) -> None:
    config = SelectionConfig.model_validate({"folds": 0, **setting})
    with pytest.raises(ConfigError, match=f"selection.{next(iter(setting))}: needs students"):
        _refine(job, cache, *corpora(), config)


def test_topics_have_no_corrector(job: TrainJob, cache: Path, topics: Task) -> None:
    settings = replace(job, task=topics)
    documents = [
        Document(f"d{i}", f"bank {i}", annotation=Annotation(labels=("trade",))) for i in range(60)
    ]
    silver = [replace(d, id=f"t{d.id}") for d in documents]
    with pytest.raises(ConfigError, match=r"selection.corrector: needs a task that labels words"):
        _refine(settings, cache, documents[:30], silver, SelectionConfig(folds=2, corrector=True))


def test_one_fold_is_refused(job: TrainJob, cache: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected 0 .* or at least 2"):
        _refine(job, cache, *corpora(), SelectionConfig(folds=1))


def test_unannotated_silver_is_counted(job: TrainJob, cache: Path) -> None:
    gold, silver = corpora()
    with_plain = [*silver, Document("x", "Without an annotation")]
    for left_out in (SelectionConfig(folds=0), SelectionConfig(folds=2, self_training=False)):
        done = _refine(job, cache, gold, with_plain, left_out)
        assert done.report.documents.unannotated == 1
        assert "x" not in {d.id for d in done.documents}


def test_a_student_annotates_plain_texts(quick: TrainJob, cache: Path) -> None:
    gold, silver = corpora()
    plain = [replace(d, annotation=UNANNOTATED) for d in silver[-15:]]
    known = [replace(gold[0], id="of gold", annotation=UNANNOTATED)]
    done = _refine(quick, cache, gold, [*plain, *silver[:-15], *known], TWO)
    assert [d.id for d in done.documents[-15:]] == [d.id for d in plain]
    added = done.documents[-15:]
    assert {s.origin for d in added for s in d.spans or ()} == {"student"}
    assert right_share(added) > 0.8
    counts = done.report.documents
    assert (counts.unannotated, counts.self_annotated) == (16, 15)
    assert counts.written == len(done.documents)
    kept = {p.name: p.stat().st_mtime_ns for p in cache.iterdir()}
    again = _refine(quick, cache, gold, [*plain, *silver[:-15], *known], TWO)
    assert {p.name: p.stat().st_mtime_ns for p in cache.iterdir()} == kept
    assert again.documents == done.documents


def test_with_plain_text_auto_trains_as_long_as_without(auto: TrainJob, tmp_path: Path) -> None:
    gold, silver = corpora()
    plain = [replace(d, id=f"p{d.id}", text=f"{d.text} !", annotation=UNANNOTATED) for d in silver]
    seen = []
    for name, own in (("without", silver), ("with", [*silver, *plain])):
        report = vermeil.train(replace(auto, gold=gold, silver=own), tmp_path / name)
        seen.append(report.record["wordpieces"])
    assert seen[1] == pytest.approx(seen[0], rel=0.05)
