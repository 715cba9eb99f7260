from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.relation_toys import related, relations_task

from vermeil.data.document import Document
from vermeil.data.relation import Relation
from vermeil.data.words import words_of
from vermeil.refinement.cache import PAIRS, ProbabilityCache, pairs_of
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.refinement.pairs import RelationJudgement, judge_relations
from vermeil.selection.pair_policies import apply_pair_policy
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask

TASK = relations_task()
EVERY = related(96)
GOLD, SILVER = EVERY[:60], EVERY[60:]


def as_teacher(document: Document) -> Document:
    """Return a document as a teacher annotates it that takes every leader for an acquaintance."""
    relations = tuple(
        Relation(min(r.head, r.tail), max(r.head, r.tail), "knows") if r.label == "leads" else r
        for r in document.annotation.relations or ()
    )
    return document.with_annotation(replace(document.annotation, relations=relations))


def scored(document: Document, certainty: float) -> NDArray[np.float32]:
    """Return the pairs of a document with a probability for the correct class of each."""
    annotation = document.annotation
    pairs = TASK.annotated_pairs(annotation, words_of(document)).pairs.tolist()
    true = {(r.head, r.tail): r.label for r in annotation.relations or ()}
    true |= {(t, h): label for (h, t), label in true.items() if label == "knows"}
    rows = []
    for head, tail in pairs:
        row = np.full(len(TASK.pair_classes), (1 - certainty) / 3)
        row[TASK.pair_classes.index(true.get((head, tail), "none"))] = certainty
        rows.append([head, tail, *row])
    return np.array(rows, np.float32)


def corpora(gold: list[Document] | None = None) -> JudgeCorpora:
    known = GOLD if gold is None else gold
    return JudgeCorpora(tuple(known), tuple(map(as_teacher, known)), tuple(map(as_teacher, SILVER)))


def judge(certainty: float = 0.8, gold: list[Document] | None = None) -> RelationJudgement:
    students = {f"{d.id}{PAIRS}": scored(d, certainty) for d in EVERY}
    found = judge_relations(corpora(gold), TASK, students, (10.0,))
    assert found is not None
    return found


def corrected(judgement: RelationJudgement) -> list[Document]:
    return [
        teacher.with_annotation(apply_pair_policy(teacher.annotation, own, "relabel", 0.5)[0])
        for teacher, own in zip(corpora().silver, judgement.silver, strict=True)
    ]


def test_the_judge_corrects_errors_of_the_teacher_that_gold_shows() -> None:
    judgement = judge()
    assert judgement.better_than_teacher
    for found, true in zip(corrected(judgement), SILVER, strict=True):
        assert TASK.bound_relations(found.annotation) == TASK.bound_relations(true.annotation)
    weights = judgement.weights or {}
    assert weights["teacher knows, true leads"] > weights["teacher knows, true knows"]


def test_without_students_the_judge_uses_the_teacher_and_the_statistics() -> None:
    judgement = judge_relations(corpora(), TASK, None, (10.0,))
    assert judgement is not None
    assert judgement.pairs > 20
    assert all(len(own) <= 1 for own in judgement.silver)


def test_gold_that_the_teacher_has_right_gives_no_gain() -> None:
    same = JudgeCorpora(tuple(GOLD), tuple(GOLD), tuple(SILVER))
    judgement = judge_relations(same, TASK, None, (10.0,))
    assert judgement is not None
    assert judgement.gain is not None
    assert judgement.gain.difference == 0
    assert not judgement.better_than_teacher


def test_too_little_gold_is_counted_and_judges_nothing() -> None:
    judgement = judge(0.99, GOLD[:6])
    assert (judgement.silver, judgement.gain) == ((), None)
    assert judgement.as_dict() == {"pairs": 5, "minimum_pairs": 20}


def test_gold_without_relations_is_no_evidence() -> None:
    plain = [d.with_annotation(replace(d.annotation, relations=None)) for d in GOLD]
    assert judge(gold=plain).pairs == 0


def test_a_task_without_relations_is_not_judged() -> None:
    task = NerTask(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))
    assert judge_relations(corpora(), task, None, (10.0,)) is None


def test_scored_pairs_are_stored_beside_the_probabilities_of_words(tmp_path: Path) -> None:
    cache = ProbabilityCache(tmp_path)
    table = scored(EVERY[0], 0.8)
    words = np.eye(3, dtype=np.float32)
    first = cache.get("name", lambda: [("d0", words), (f"d0{PAIRS}", table), ("d1", words[:1])])
    again = cache.get("name", lambda: pytest.fail("computed again"))
    for found in (first, again):
        assert np.array_equal(found["d0"], words)
        assert np.array_equal(found["d1"], words[:1])
        stored = pairs_of(found, "d0")
        assert stored is not None
        assert np.array_equal(stored, table)
        assert pairs_of(found, "d1") is None
