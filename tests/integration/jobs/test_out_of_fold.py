"""Predictions of students on documents that they were not trained on, with a tiny encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.toys import blending, sentences

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.words import split_words
from vermeil.errors import DataError
from vermeil.refinement.cache import ProbabilityCache
from vermeil.refinement.scorers.out_of_fold import predict_out_of_fold
from vermeil.refinement.scorers.settings import ScorerSettings
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

GOLD = sentences(8, per_group=2)
SILVER = [replace(d, id=f"s{d.id}", group=f"s{d.group}") for d in sentences(16, per_group=2)]


@pytest.fixture
def settings(encoder: Path, task: Task, tmp_path: Path) -> ScorerSettings:
    """Two folds; the cache is the test's folder."""
    student = StudentConfig(encoder=str(encoder), threads=1)
    job = TrainJob(
        gold=GOLD,
        silver=SILVER,
        task=task,
        student=student,
        blending=blending("simple_mix", 2),
        selection=SelectionConfig(folds=2),
    )
    return ScorerSettings(job, ProbabilityCache(tmp_path))


def with_folds(settings: ScorerSettings, folds: int) -> ScorerSettings:
    selection = SelectionConfig(folds=folds)
    return replace(settings, job=replace(settings.job, selection=selection))


def test_every_document_is_predicted_and_a_missing_fold_comes_back_the_same(
    settings: ScorerSettings, task: Task, tmp_path: Path
) -> None:
    seen: list[tuple[str, int, int | None]] = []

    def again() -> dict[str, np.ndarray]:
        return predict_out_of_fold(
            with_folds(settings, 3).with_seed(3),
            progress=lambda stage, done, total, _: seen.append((stage, done, total)),
        )

    first = again()
    assert [call for call in seen if call[0] == "fold"] == [("fold", n, 6) for n in range(1, 7)]
    last_step = [done == total for stage, done, total in seen if stage == "student of fold 6"]
    assert last_step[-1]
    assert not any(last_step[:-1])
    assert set(first) == {d.id for d in (*GOLD, *SILVER)}
    for document in (*GOLD, *SILVER):
        rows = first[document.id]
        assert rows.shape == (len(split_words(document.text)), len(task.classes))
        np.testing.assert_allclose(rows.sum(axis=1), 1, atol=5e-3)
    kept = sorted(tmp_path.glob("*.npz"))
    assert len(kept) == 6  # three of gold, three of silver
    others = [path.stat().st_mtime_ns for path in (kept[0], *kept[2:])]
    kept[1].unlink()
    second = again()
    assert [path.stat().st_mtime_ns for path in (kept[0], *kept[2:])] == others
    assert second.keys() == first.keys()
    for name, rows in first.items():
        np.testing.assert_array_equal(second[name], rows)


def test_a_student_is_not_trained_on_the_groups_that_it_scores(settings: ScorerSettings) -> None:
    """Labels of one group are swapped: only the students of the other folds may change."""
    turned = [_turned(d) if d.group == "g1" else d for d in GOLD]
    same = _unchanged(with_folds(settings, 3), (GOLD, SILVER), (turned, SILVER))
    # The fold of g1, whole groups of it, is exactly what did not change; all silver did.
    assert {d.id for d in GOLD if d.group == "g1"} <= same
    groups = {d.id: d.group for d in (*GOLD, *SILVER)}
    held_out = {groups[name] for name in same}
    assert held_out <= {d.group for d in GOLD}
    assert len(held_out) in (1, 2)  # 4 groups of gold, 3 folds
    assert same == {name for name, group in groups.items() if group in held_out}


def test_students_that_score_silver_are_not_trained_on_it(settings: ScorerSettings) -> None:
    turned = [_turned(d) if d.group == "sg1" else d for d in SILVER]
    same = _unchanged(settings, (GOLD, SILVER), (GOLD, turned))
    assert {d.id for d in SILVER if d.group == "sg1"} <= same
    assert same < {d.id for d in SILVER}
    # Silver of a group of gold is scored with that gold, by students trained on neither.
    mixed = [replace(d, group="g1") if d.group == "sg1" else d for d in SILVER]
    turned = [_turned(d) if d.group == "g1" else d for d in GOLD]
    same = _unchanged(settings, (GOLD, mixed), (turned, mixed))
    own = {d.id for d in (*GOLD, *mixed) if d.group == "g1"}
    assert {d.id for d in SILVER if d.group == "sg1"} < own
    assert own <= same


def test_with_corrected_silver_only_silver_is_scored(settings: ScorerSettings) -> None:
    plain = predict_out_of_fold(settings)
    turned = [_turned(d) for d in SILVER]
    rows = predict_out_of_fold(settings, turned)
    assert rows.keys() == {d.id for d in SILVER}
    assert not any(np.array_equal(rows[name], plain[name]) for name in rows)


Corpora = tuple[list[Document], list[Document]]


def _unchanged(settings: ScorerSettings, before: Corpora, after: Corpora) -> set[str]:
    """Return the ids of the documents whose predictions a change of the corpora does not change."""
    first, second = (
        predict_out_of_fold(settings.with_documents(*corpora)) for corpora in (before, after)
    )
    return {name for name, rows in first.items() if np.array_equal(rows, second[name])}


def _turned(document: Document) -> Document:
    spans = tuple(
        Span(s.start, s.end, {"PER": "LOC", "LOC": "PER"}[s.label]) for s in document.spans or ()
    )
    return document.with_annotation(Annotation(spans=spans))


@pytest.mark.parametrize("damage", ["empty", "cut", "other"])
def test_a_broken_file_is_named(settings: ScorerSettings, tmp_path: Path, damage: str) -> None:
    predict_out_of_fold(settings)
    broken = sorted(tmp_path.glob("*.npz"))[0]
    whole = broken.read_bytes()
    broken.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "other": b"{}"}[damage])
    with pytest.raises(DataError, match="delete it to compute the probabilities again") as caught:
        predict_out_of_fold(settings)
    assert broken.name in str(caught.value)


def test_fewer_groups_than_folds_are_refused(settings: ScorerSettings, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3 groups of documents cannot be cut into 4 folds"):
        predict_out_of_fold(with_folds(settings, 4).with_documents(GOLD[:2], SILVER[:4]))
    assert list(tmp_path.iterdir()) == []


def test_an_id_that_gold_and_silver_share_is_refused(settings: ScorerSettings) -> None:
    other = [replace(d, id=g.id) for d, g in zip(SILVER, GOLD, strict=False)]
    with pytest.raises(DataError, match="'d0' is the id of a document of gold and of another"):
        predict_out_of_fold(settings.with_documents(GOLD, other))


def test_gold_of_one_group_is_refused_before_anything_is_trained(settings: ScorerSettings) -> None:
    one_article = [replace(d, group="a") for d in GOLD]
    with pytest.raises(DataError, match="all of gold"):
        predict_out_of_fold(settings.with_documents(one_article, SILVER))
