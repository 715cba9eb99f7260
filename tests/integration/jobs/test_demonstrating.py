"""A run whose prompts show demonstrations, and what is shown of it afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from vermeil.config import load_config
from vermeil.corpora import read_corpus
from vermeil.errors import ConfigError
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.pipeline.execution import run_stage, why_stale
from vermeil.pipeline.show import show


@pytest.mark.parametrize("kind", ["fixed", "covering", "nearest"])
def test_what_was_annotated_with_demonstrations_is_located_with_them(
    project: Path, encoder: Path, kind: str
) -> None:
    overrides = [
        f"teacher.demonstrations.kind={kind}",
        "teacher.demonstrations.count=2",
        f"teacher.demonstrations.encoder={encoder}",
    ]
    config = load_config(project / "vermeil.toml", overrides)
    assert run_stage("annotate", config)["asked"] == 15
    again = load_config(project / "vermeil.toml", overrides)  # another process would do as much
    assert run_stage("annotate", again)["asked"] == 0
    report = run_stage("locate", again)
    assert sum(report["states"].values()) == 15
    assert "pending" not in report["states"]
    pool = config.corpora.pool
    assert pool is not None
    first = next(iter(read_corpus(pool)))
    shown = show(config, first.id)
    assert len(shown.messages) == 6
    assert [one.reading is not None for one in shown.attempts] == [True]


def test_other_gold_makes_the_replies_stale_only_where_it_is_shown(project: Path) -> None:
    plain = load_config(project / "vermeil.toml")
    shown = load_config(project / "vermeil.toml", ["teacher.demonstrations.kind=fixed"])
    for config, stale in ((plain, None), (shown, "corpora.gold changed")):
        run_stage("annotate", config)
        gold = project / "train.jsonl"
        gold.write_text("".join(gold.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
        assert why_stale("annotate", config) == stale


def test_demonstrations_need_gold(project: Path) -> None:
    path = project / "vermeil.toml"
    path.write_text(path.read_text("utf-8").replace('gold = "train.jsonl"', ""), "utf-8")
    config = load_config(path, ["teacher.demonstrations.kind=fixed"])
    with pytest.raises(ConfigError, match=r"corpora\.gold: missing"):
        demonstrations_for(config)


def test_no_demonstration_stands_in_the_test_set(project: Path) -> None:
    (project / "test.jsonl").write_text((project / "train.jsonl").read_text("utf-8"), "utf-8")
    config = load_config(project / "vermeil.toml", ["teacher.demonstrations.kind=fixed"])
    with pytest.raises(ConfigError, match="share id, text or group"):
        demonstrations_for(config)


def test_an_encoder_beside_the_configuration_becomes_a_path(project: Path) -> None:
    (project / "mine").mkdir()
    config = load_config(project / "vermeil.toml", ["teacher.demonstrations.encoder=mine"])
    assert config.teacher.demonstrations.encoder == str(project / "mine")
