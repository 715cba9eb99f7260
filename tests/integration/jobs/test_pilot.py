"""A pilot over the sample corpus and its two recorded teachers."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.reply import Usage
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.config import PilotConfig
from vermeil.jobs.piloting.estimate import estimate_pilot
from vermeil.jobs.piloting.pilot import pilot
from vermeil.jobs.piloting.variants import set_up
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import DemonstrationsConfig, PriceConfig, TeacherConfig
from vermeil.teacher.replay.server import ReplayServer

CONFIG = PilotConfig(documents=40, models=("standard", "thoughtful"), resamples=200)


@pytest.fixture(scope="module")
def replay(newswire: Path) -> Iterator[ReplayServer]:
    recordings = {
        "standard": newswire / "replies.standard.jsonl",
        "thoughtful": newswire / "replies.chain_of_thought.jsonl",
    }
    with ReplayServer(recordings) as server:
        yield server


@pytest.fixture
def recorded(replay: ReplayServer) -> TeacherConfig:
    return TeacherConfig(base_url=replay.base_url, model="standard")


@pytest.fixture(scope="module")
def names() -> Task:
    labels: dict[str, Any] = {name: {} for name in ("PER", "ORG", "LOC", "MISC")}
    labels["MISC"] = {"aliases": ["MISCELLANEOUS"]}
    return make_task(TaskConfig.model_validate({"labels": labels}))


@pytest.fixture(scope="module")
def gold(newswire: Path) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=newswire / "train.jsonl")))


def test_every_variant_is_tried_on_the_same_documents(
    gold: list[Document], names: Task, recorded: TeacherConfig, tmp_path: Path
) -> None:
    store = tmp_path / "replies.sqlite"
    price = PriceConfig(input=1.0, output=2.0)
    priced = recorded.model_copy(update={"prices": dict.fromkeys(CONFIG.models, price)})
    report = pilot(gold, names, priced, CONFIG, store)
    assert (report.documents, len(report.trials)) == (40, 8)
    assert len({trial.variant for trial in report.trials}) == 8
    f1 = [trial.f1 for trial in report.trials]
    assert f1 == sorted(f1, reverse=True)
    assert f1[0] > 0.7
    for trial in report.trials:
        assert sum(trial.states.values()) == trial.counts.documents == 40
        low, high = trial.intervals["f1"]
        assert 0.5 < low <= trial.f1 <= high <= 1
        assert trial.usage.completion_tokens > 0
        expected = trial.usage.prompt_tokens + 2 * trial.usage.completion_tokens
        assert trial.cost == pytest.approx(expected / 1e6)
        assert trial.as_dict()["cost_per_1000"] == pytest.approx(expected / 1e6 * 1000 / 40)
    plain, shown = (
        next(t for t in report.trials if t.variant.demonstrations == kind)
        for kind in ("none", "fixed")
    )
    assert shown.tokens > plain.tokens
    assert [lag is None for lag in report.differences] == [True, *[False] * 7]
    json.dumps(report.as_dict())


def test_estimate_sends_nothing_and_counts_what_is_missing(
    gold: list[Document], names: Task, recorded: TeacherConfig, tmp_path: Path
) -> None:
    store = tmp_path / "replies.sqlite"
    price = PriceConfig(input=1.0, output=2.0)
    priced = recorded.model_copy(update={"prices": dict.fromkeys(CONFIG.models, price)})
    nowhere = priced.model_copy(update={"base_url": "http://127.0.0.1:9/v1"})
    before = estimate_pilot(gold, names, nowhere, CONFIG, store)
    assert (before.documents, before.requests, len(before.variants)) == (40, 320, 8)
    assert before.cost_usd is not None
    assert before.upper_bound_usd is not None
    assert 0 < before.cost_usd < before.upper_bound_usd
    assert before.seconds is None
    assert not store.exists()
    report = pilot(gold, names, priced, CONFIG, store)
    after = estimate_pilot(gold, names, nowhere, CONFIG, store)
    assert (after.requests, after.cost_usd) == (0, 0)
    cost = sum(trial.cost for trial in report.trials if trial.cost is not None)
    assert cost < before.upper_bound_usd
    more = CONFIG.model_copy(update={"documents": 50})
    assert estimate_pilot(gold, names, nowhere, more, store).requests == 80
    json.dumps(before.as_dict())


def test_variants_that_a_schema_cannot_describe_have_none(
    gold: list[Document], names: Task, recorded: TeacherConfig
) -> None:
    held = recorded.model_copy(update={"structured": "json_schema"})
    settings = {"documents": 5, "reply_formats": ("json", "lines"), "demonstrations": ("covering",)}
    _, setups = set_up(gold, names, held, PilotConfig.model_validate(settings), [])
    found = {
        (s.variant.prompt, s.variant.reply_format): (s.teacher.structured, s.variant.structured)
        for s in setups
    }
    assert found["standard", "json"] == ("json_schema", None)
    assert found["standard", "lines"] == found["chain_of_thought", "json"] == ("off", "off")
    lines = next(s.variant for s in setups if s.variant.reply_format == "lines")
    assert "no schema" in lines.name
    assert tomllib.loads(lines.toml())["teacher"]["structured"] == "off"


def test_stored_replies_are_not_requested_again(
    gold: list[Document], names: Task, recorded: TeacherConfig, tmp_path: Path
) -> None:
    sent: list[int] = []

    def progress(stage: str, done: int, total: int | None, detail: Any) -> None:
        if stage == "to send":
            sent.append(done)

    config = CONFIG.model_copy(update={"demonstrations": ("none",), "models": ()})
    store = tmp_path / "replies.sqlite"
    first = pilot(gold, names, recorded, config, store, progress)
    assert sent == [40, 40]
    again = pilot(gold, names, recorded, config, store, progress)
    assert again == first
    more = config.model_copy(update={"documents": 50})
    pilot(gold, names, recorded, more, store, progress)
    assert sent == [40, 40, 10, 10]


def test_demonstrations_come_from_other_groups_than_the_sample_and_than_what_is_scored(
    gold: list[Document], names: Task, recorded: TeacherConfig, tmp_path: Path
) -> None:
    groups = sorted({document.group_or_id for document in gold})
    scored = [document for document in gold if document.group_or_id in groups[:-1]]
    with pytest.raises(ConfigError, match="share id, text or group"):
        pilot(gold, names, recorded, CONFIG, tmp_path / "r.sqlite", excluded=gold)
    assert not (tmp_path / "r.sqlite").exists()
    only = CONFIG.model_copy(update={"seed": 1, "documents": 5, "prompts": ("standard",)})
    report = pilot(gold, names, recorded, only, tmp_path / "r.sqlite", excluded=scored)
    assert report.documents == 5


def test_fixed_demonstrations_that_are_named_are_not_in_the_sample(
    gold: list[Document], names: Task, recorded: TeacherConfig, tmp_path: Path
) -> None:
    fixed = DemonstrationsConfig(kind="fixed", ids=(gold[0].id,))
    named = recorded.model_copy(update={"demonstrations": fixed})
    config = PilotConfig(documents=10_000, demonstrations=("none",), prompts=("standard",))
    gold = gold[:40]
    report = pilot(gold, names, named, config, tmp_path / "r.sqlite")
    same = [document for document in gold if document.group_or_id == gold[0].group_or_id]
    assert report.documents == len(gold) - len(same)


def test_an_unavailable_variant_is_an_error_before_anything_is_sent(
    gold: list[Document], names: Task, recorded: TeacherConfig, tmp_path: Path
) -> None:
    store = tmp_path / "r.sqlite"
    for wrong in ({"prompts": ("poem",)}, {"reply_formats": ("poem",)}):
        with pytest.raises(ConfigError, match=re.compile("poem|reply_format")):
            pilot(gold, names, recorded, CONFIG.model_copy(update=wrong), store)
    bare = [document.with_annotation(UNANNOTATED) for document in gold]
    with pytest.raises(DataError, match="no annotated document"):
        pilot(bare, names, recorded, CONFIG, store)
    assert not store.exists()


def test_without_a_price_there_is_no_cost(
    gold: list[Document], names: Task, recorded: TeacherConfig, tmp_path: Path
) -> None:
    config = PilotConfig(documents=3, demonstrations=("none",), prompts=("standard",))
    report = pilot(gold, names, recorded, config, tmp_path / "r.sqlite")
    (trial,) = report.trials
    assert trial.cost is None
    assert trial.usage != Usage()
