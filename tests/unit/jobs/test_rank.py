"""Documents that are left out, costs and limits of `vermeil.rank`, without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.toys import sentences

from vermeil.data.document import Document
from vermeil.data.words import words_of
from vermeil.errors import ConfigError, DataError, NothingToRankError
from vermeil.jobs.ranking.rank import rank
from vermeil.jobs.ranking.report import RankEntry, RankReport
from vermeil.jobs.ranking.sources import RankSources
from vermeil.selection.ranking.config import RankConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig

TEXTS = [
    "Bo went to Rome to see the old bridge",
    "The price of copper fell again in Lima yesterday",
    "Al plays for the second team of Oslo now",
    "A storm closed every port between here and Bonn",
    "Di sold her boat and bought two small farms",
]
DOCUMENTS = [Document(f"t{number}", text) for number, text in enumerate(TEXTS)]


def config(**values: Any) -> RankConfig:
    return RankConfig.model_validate(values)


def test_every_document_is_ranked_or_counted(task: Task) -> None:
    documents = [
        *DOCUMENTS,
        Document("copy", TEXTS[0].upper()),
        Document("near", f"{TEXTS[1]}."),
        Document("short", "Copper fell"),
        Document("again", "copper fell!"),
    ]
    sources = RankSources(
        annotated=[Document("g", f"{TEXTS[2]} !"), *sentences(2)],
        held_out=[Document("h", TEXTS[3])],
    )
    report = rank(documents, task, config(), sources)
    assert {entry.id for entry in report.entries} == {"t0", "t1", "t4", "short"}
    assert report.left_out == {"annotated": 2, "near_duplicate": 3}
    assert report.documents == 9


def test_a_report_that_loses_a_document_cannot_be_made() -> None:
    entry = RankEntry("a", 0, "drawn at random", {"tokens": 3})
    with pytest.raises(AssertionError, match="3 documents, but 2"):
        RankReport("teacher", "random", 3, (entry,), {"annotated": 1}, {"tokens": 3})


def test_the_limit_on_documents_cuts_the_same_order(task: Task) -> None:
    whole = [entry.id for entry in rank(DOCUMENTS, task, config(), seed=4).entries]
    report = rank(DOCUMENTS, task, config(max_documents=2), seed=4)
    assert [entry.id for entry in report.entries] == whole[:2]
    assert report.left_out == {"over_limit": 3}
    assert [entry.id for entry in rank(DOCUMENTS, task, config(), seed=5).entries] != whole


def test_minutes_of_a_person_follow_the_words(task: Task) -> None:
    settings = {"annotator": "person", "seconds_per_document": 6, "seconds_per_word": 1}
    report = rank(DOCUMENTS, task, config(**settings))
    minutes = {one.id: (6 + len(words_of(one))) / 60 for one in DOCUMENTS}
    assert {e.id: e.costs["minutes"] for e in report.entries} == pytest.approx(minutes)
    assert report.costs == pytest.approx({"minutes": sum(minutes.values())})
    cut = rank(DOCUMENTS, task, config(**settings, max_minutes=0.6))
    assert cut.costs["minutes"] <= 0.6
    assert len(cut.entries) == 2


def test_dollars_and_tokens_of_the_teacher_are_limits(task: Task) -> None:
    teacher = TeacherConfig.model_validate(
        {"model": "m", "prices": {"m": {"input": 1.0, "output": 2.0}}, "max_tokens": 100}
    )
    sources = RankSources(teacher=teacher)
    report = rank(DOCUMENTS, task, config(), sources)
    one = report.entries[0].costs
    # A quarter of the longest reply, at twice the price of the prompt.
    assert one["usd"] == pytest.approx((one["tokens"] + 25) * 1e-6)
    most = 2.5 * max(entry.costs["usd"] for entry in report.entries)
    assert len(rank(DOCUMENTS, task, config(max_cost_usd=most), sources).entries) == 2
    tokens = int(3.5 * max(entry.costs["tokens"] for entry in report.entries))
    assert len(rank(DOCUMENTS, task, config(max_tokens=tokens), sources).entries) == 3


def test_several_samples_and_teachers_cost_their_sum(task: Task) -> None:
    single = rank(DOCUMENTS, task, config(), RankSources(teacher=TeacherConfig(model="m")))
    several = TeacherConfig.model_validate(
        {"model": "m", "samples": 2, "additional": [{"model": "n"}]}
    )
    report = rank(DOCUMENTS, task, config(), RankSources(teacher=several))
    ratio = report.costs["tokens"] / single.costs["tokens"]
    requests = sum(one.samples for one in several.all_teachers())
    assert ratio == pytest.approx(requests, rel=0.01)


def test_a_limit_in_dollars_needs_a_price(task: Task) -> None:
    with pytest.raises(ConfigError, match=r"rank.max_cost_usd: the price .* is unknown"):
        rank(DOCUMENTS, task, config(max_cost_usd=1))


@pytest.mark.parametrize("strategy", ["disagreement", "expected_errors"])
def test_the_teacher_is_not_given_what_it_has_annotated(task: Task, strategy: str) -> None:
    with pytest.raises(ConfigError, match="use it for a person"):
        rank(DOCUMENTS, task, config(strategy=strategy))


def test_missing_sources_are_named(task: Task) -> None:
    with pytest.raises(ConfigError, match=r"needs a student; name a model folder in rank.model"):
        rank(DOCUMENTS, task, config(strategy="uncertainty"))
    with pytest.raises(ConfigError, match="needs the judgements of silver"):
        rank(DOCUMENTS, task, config(strategy="expected_errors", annotator="person"))
    with pytest.raises(DataError, match="nowhere: is not a student"):
        rank(DOCUMENTS, task, config(strategy="uncertainty"), RankSources(model=Path("nowhere")))


def test_nothing_left_is_an_error_with_the_counts(task: Task) -> None:
    with pytest.raises(NothingToRankError, match=r"of 5 documents, annotated 5"):
        rank(DOCUMENTS, task, config(), RankSources(annotated=DOCUMENTS))
    with pytest.raises(NothingToRankError, match="no documents were given"):
        rank([], task)


def test_plain_texts_are_named_by_their_positions(topics: Task) -> None:
    report = rank(TEXTS, topics, config(max_documents=5))
    assert sorted(entry.id for entry in report.entries) == ["1", "2", "3", "4", "5"]
    assert report.entries[0].as_dict(1)["place"] == 1
    assert report.as_dict()["expected"]["tokens"] == report.costs["tokens"]
    assert isinstance(report.as_dict()["expected"]["tokens"], int)
