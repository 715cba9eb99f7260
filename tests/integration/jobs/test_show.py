"""One document through every stage, before and after each was done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import vermeil
from vermeil.config import Config, load_config
from vermeil.errors import DataError
from vermeil.pipeline.execution import run_stage


@pytest.fixture
def config(project: Path) -> Config:
    return load_config(project / "vermeil.toml")


def test_a_document_is_followed_through_every_stage(config: Config) -> None:
    pool = config.corpora.pool
    assert pool is not None
    name = json.loads(pool.path.read_text().splitlines()[0])["id"]
    before = vermeil.show(config, name)
    assert (before.attempts, before.silver, before.predicted) == ((), None, None)
    assert before.messages[-1]["content"].endswith(before.document.text)

    vermeil.run(config)
    after = vermeil.show(config, name)
    assert after.sources == ("pool",)
    (attempt,) = after.attempts
    assert attempt.attempt.model == "recorded"
    assert attempt.reading is not None
    assert after.silver is not None
    located = [m.span.key for m in attempt.reading.mentions if m.span]
    assert located == [span.key for span in after.silver.spans or ()]
    assert after.predicted is not None
    assert after.predicted.spans is not None
    shown = after.as_dict()
    assert json.loads(json.dumps(shown)) == shown
    assert shown["attempts"][0]["reply"] == attempt.attempt.reply.text  # type: ignore[union-attr]


def test_a_failed_attempt_is_shown_with_its_reason(config: Config) -> None:
    pool = config.corpora.pool
    assert pool is not None
    pool.path.write_text('{"id": "new", "text": "Nobody has recorded a reply to this."}\n')
    run_stage("annotate", config)
    (attempt,) = vermeil.show(config, "new").attempts
    assert attempt.reading is None
    assert "HTTP 422" in str(attempt.attempt.error)
    assert attempt.as_dict()["state"] is None


def test_gold_is_shown_where_a_document_is_in_several_corpora(config: Config) -> None:
    gold, pool = config.corpora.gold, config.corpora.pool
    assert gold is not None
    assert pool is not None
    first = json.loads(gold.path.read_text().splitlines()[0])
    pool.path.write_text(json.dumps({"id": first["id"], "text": first["text"]}) + "\n")
    report = vermeil.show(config, first["id"])
    assert report.sources == ("gold", "pool")
    assert report.document.spans is not None


def test_an_unknown_document_is_answered_with_ids_that_are_like_it(config: Config) -> None:
    with pytest.raises(DataError, match=r"no document 'news-999\.01' among the 35 .* news-"):
        vermeil.show(config, "news-999.01")
