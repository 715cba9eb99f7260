"""Thresholds of relations: fitted on dev, kept if configured, and stored with the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.relation_toys import related, untrained_student

from vermeil.data.document import UNANNOTATED, Document
from vermeil.jobs.predict import predict
from vermeil.student.inference.model_settings import read_settings
from vermeil.student.student import Student
from vermeil.training.thresholds import MINIMUM_RELATIONS, RELATION_THRESHOLDS, fit_thresholds


def student_of(encoder: Path, **thresholds: float) -> Student:
    """Return an untrained student that finds many relations, with probabilities of all sizes."""
    types: dict[str, Any] = {"leads": {}, "knows": {"symmetric": True}}
    for name, threshold in thresholds.items():
        types[name]["threshold"] = threshold
    return untrained_student(encoder, -2, **types)


def found_by(student: Student) -> list[Document]:
    return list(student.predict([one.with_annotation(UNANNOTATED) for one in related(80)]))


def keys(documents: list[Document]) -> list[list[tuple[int, int, str]]]:
    return [[one.key for one in d.annotation.relations or ()] for d in documents]


@pytest.mark.parametrize("threshold", [RELATION_THRESHOLDS[0], 0.45, RELATION_THRESHOLDS[-1]])
def test_the_threshold_with_the_highest_f1_is_chosen(
    encoder: Path, tmp_path: Path, threshold: float
) -> None:
    dev = found_by(student_of(encoder, leads=threshold, knows=threshold))
    student = student_of(encoder)
    assert keys(found_by(student)) != keys(dev)
    fitted = fit_thresholds(student, dev)
    assert set(fitted) == {"leads", "knows"}
    assert keys(found_by(student)) == keys(dev)
    assert abs(fitted["leads"] - threshold) < 0.11
    student.save(tmp_path / "model", {})
    stored = read_settings(tmp_path / "model").task.relations
    assert {name: one.threshold for name, one in stored.items()} == fitted
    again = list(predict(tmp_path / "model", [one.text for one in dev], precision="fp32"))
    assert keys(again) == keys(dev)


def test_a_configured_threshold_stays(encoder: Path) -> None:
    dev = found_by(student_of(encoder, leads=0.1, knows=0.1))
    student = student_of(encoder, leads=0.9)
    assert set(fit_thresholds(student, dev)) == {"knows"}
    assert student.task.config.relations["leads"].threshold == 0.9
    assert fit_thresholds(student_of(encoder, leads=0.9, knows=0.2), dev) == {}


def test_few_relations_fit_nothing(encoder: Path) -> None:
    student = student_of(encoder)
    dev, number = [], 0
    for one in found_by(student_of(encoder, leads=0.1, knows=0.1)):
        relations = (one.annotation.relations or ())[: MINIMUM_RELATIONS - 1 - number]
        number += len(relations)
        dev.append(one.with_annotation(replace(one.annotation, relations=relations)))
    assert number == MINIMUM_RELATIONS - 1
    assert fit_thresholds(student, dev) == {}
    unknown = [one.with_annotation(replace(one.annotation, relations=None)) for one in dev]
    assert fit_thresholds(student, unknown) == {}
    assert fit_thresholds(student, []) == {}
