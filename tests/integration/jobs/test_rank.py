"""Every strategy with a tiny student, silver of an erring teacher and stored replies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from tests.refining import corpora
from tests.toys import NAMES, PLACES, blending, sentences

from vermeil.data.document import Annotation, Document
from vermeil.errors import ConfigError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.ranking.rank import rank
from vermeil.jobs.ranking.sources import RankSources
from vermeil.jobs.train import train
from vermeil.refinement.select import select
from vermeil.selection.config import SelectionConfig
from vermeil.selection.ranking.config import RankConfig, StrategyName
from vermeil.student.config import StudentConfig
from vermeil.student.network.embedding import TextIndex, embed_texts
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.replay.server import ReplayServer
from vermeil.training.job import TrainJob

VERBS = ("sails to", "was born near", "writes about", "buys a house in", "never liked")
POOL = [
    Document(f"p{number}", f"{NAMES[number % 4]} {verb} {PLACES[number // 4 % 4]}, {end}")
    for number, (verb, end) in enumerate(
        (verb, end)
        for verb in VERBS
        for end in ("as all of them know", "or so the papers wrote", "year after year", "twice")
    )
]


def config(**values: Any) -> RankConfig:
    return RankConfig.model_validate({"batch": 3, **values})


@pytest.fixture(scope="module")
def model(encoder: Path, task: Task, tmp_path_factory: pytest.TempPathFactory) -> Path:
    student = StudentConfig(encoder=str(encoder), threads=1, learning_rate=1e-3)
    job = TrainJob(gold=sentences(24), task=task, student=student, blending=blending(epochs=6))
    return train(job, tmp_path_factory.mktemp("ranking") / "model").folder


@pytest.mark.parametrize(
    "strategy",
    [s for s in get_args(StrategyName) if s not in ("disagreement", "expected_errors")],
)
def test_strategies_rank_a_pool_for_the_teacher(
    strategy: str, task: Task, model: Path, encoder: Path
) -> None:
    sources = RankSources(annotated=sentences(4), model=model, encoder=str(encoder))
    report = rank(POOL, task, config(strategy=strategy, max_documents=7), sources)
    assert len({entry.id for entry in report.entries}) == 7
    assert report.left_out == {"over_limit": len(POOL) - 7}
    again = rank(POOL, task, config(strategy=strategy, max_documents=7), sources)
    assert again.entries == report.entries
    uncalibrated = strategy in ("uncertainty", "cost_aware", "allabel")
    assert any("not calibrated" in warning for warning in report.warnings) == uncalibrated


def test_without_a_strategy_the_student_decides(task: Task, model: Path, encoder: Path) -> None:
    sources = RankSources(annotated=sentences(4), encoder=str(encoder))
    assert rank(POOL, task, config(max_documents=7), sources).strategy == "random"
    with_student = RankSources(annotated=sentences(4), model=model, encoder=str(encoder))
    report = rank(POOL, task, config(max_documents=7), with_student)
    named = rank(POOL, task, config(strategy="cost_aware", max_documents=7), with_student)
    assert (report.strategy, report.entries) == ("cost_aware", named.entries)


def test_uncertainty_is_that_of_the_calibrated_student(task: Task, model: Path) -> None:
    sources = RankSources(model=model)
    report = rank(POOL, task, config(strategy="uncertainty", batch=1), sources)
    values = [entry.value for entry in report.entries]
    assert values == sorted(values, reverse=True)
    student = Student.load(model)
    rows = {
        encoded.document.id: probabilities
        for encoded, probabilities in student.predictor().calibrated_proba(POOL)
    }
    top = np.sort(rows[report.entries[0].id], axis=1)
    assert values[0] == pytest.approx((1 - (top[:, -1] - top[:, -2])).mean(), abs=1e-5)


def test_a_temperature_changes_the_probabilities(task: Task, model: Path, tmp_path: Path) -> None:
    student = Student.load(model)
    student.temperature = 3.0
    student.save(tmp_path / "calibrated", {})
    plain = rank(POOL, task, config(strategy="uncertainty", batch=1), RankSources(model=model))
    report = rank(
        POOL,
        task,
        config(strategy="uncertainty", batch=1),
        RankSources(model=str(tmp_path / "calibrated")),
    )
    assert report.warnings == ()
    assert report.entries[0].value > plain.entries[0].value


def test_disagreement_puts_the_teachers_errors_first(
    task: Task, encoder: Path, tmp_path: Path
) -> None:
    gold, silver = corpora()
    student = StudentConfig(encoder=str(encoder), threads=1, learning_rate=2e-3)
    job = TrainJob(gold=gold, task=task, student=student, blending=blending(epochs=40))
    folder = train(job, tmp_path / "model").folder
    plain = Document("plain", "Nothing was annotated in this sentence here")
    settings = config(annotator="person", strategy="disagreement", batch=1, similarity=1)
    report = rank([*silver, plain], task, settings, RankSources(model=folder))
    assert report.left_out["without_annotation"] == 1
    wrong = {d.id for d in silver if "Lima" in d.text or "Bonn" in d.text}
    # Later documents repeat the surfaces of these, and count less.
    assert [entry.id in wrong for entry in report.entries[:6]] == [True] * 6
    assert "expected errors" in report.entries[0].reason


def test_expected_errors_are_those_of_the_judge(task: Task, encoder: Path, tmp_path: Path) -> None:
    gold, silver = corpora()
    job = TrainJob(
        gold=gold,
        silver=silver,
        task=task,
        student=StudentConfig(encoder=str(encoder), threads=1),
        selection=SelectionConfig(folds=0),
    )
    result = select(job, tmp_path / "judging").judge_result
    settings = config(annotator="person", strategy="expected_errors", batch=1, similarity=1)
    report = rank(silver, task, settings, RankSources(judge_result=result, annotated=gold))
    assert report.left_out["annotated"] >= len(gold)
    assert report.entries
    priorities = [entry.value for entry in report.entries]
    assert priorities == sorted(priorities, reverse=True)


def test_a_task_that_labels_texts_is_ranked_by_every_strategy(
    topics: Task, encoder: Path, tmp_path: Path
) -> None:
    def labelled(documents: list[Document], label: Callable[[int], str]) -> list[Document]:
        return [
            replace(one, annotation=Annotation(labels=(label(number),)))
            for number, one in enumerate(documents)
        ]

    gold = labelled(POOL[:10], lambda number: ("sport", "trade")[number % 2])
    silver = labelled(POOL[10:], lambda _: "sport")
    student = StudentConfig(encoder=str(encoder), threads=1)
    job = TrainJob(gold=gold, task=topics, student=student, blending=blending(epochs=2))
    folder = train(job, tmp_path / "model").folder
    sources = RankSources(annotated=gold, model=folder, encoder=str(encoder))
    for strategy in ("random", "diversity", "uncertainty", "cost_aware", "disagreement", "allabel"):
        settings = config(annotator="person", strategy=strategy, max_documents=4)
        assert len(rank(silver, topics, settings, sources).entries) == 4


def test_a_student_of_another_task_is_an_error(topics: Task, model: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"rank.model: the student in .* has the classes O, B-PER"
    ):
        rank(POOL, topics, config(strategy="uncertainty", batch=1), RankSources(model=model))


def test_documents_with_a_stored_reply_are_left_out(
    task: Task, teacher: ReplayServer, newswire: Path, tmp_path: Path, encoder: Path
) -> None:
    from vermeil.corpora import read_corpus

    pool = [d for _, d in zip(range(12), read_corpus(newswire / "pool.jsonl"), strict=False)]
    settings = TeacherConfig(base_url=teacher.base_url, model="recorded")
    store = tmp_path / "replies.sqlite"
    annotate(pool[:5], task, settings, store)
    sources = RankSources(teacher=settings, store=store, encoder=str(encoder))
    report = rank(pool, task, config(strategy="diversity"), sources)
    assert report.left_out["stored_reply"] == 5
    assert {entry.id for entry in report.entries} <= {d.id for d in pool[5:]}
    assert report.based_on_replies == 5
    # The requested texts are centres already, so the first distance is known.
    assert "nearest chosen or annotated text" in report.entries[0].reason
    other = RankSources(teacher=settings.model_copy(update={"model": "other"}), store=store)
    assert "stored_reply" not in rank(pool, task, config(), other).left_out


def test_embeddings_of_a_batch_are_those_of_single_texts(encoder: Path) -> None:
    texts = ["", "Bo", *(document.text for document in POOL), "x " * 400]
    index = TextIndex(["Rome"], str(encoder))
    steps: list[int] = []
    found = embed_texts(
        texts, str(encoder), lambda _stage, done, _total, _detail: steps.append(done)
    )
    assert found == pytest.approx(np.stack([index.embed(text) for text in texts]), abs=1e-4)
    assert steps[-1] == len(texts)
    assert embed_texts([], str(encoder)).shape == (0, 16)
