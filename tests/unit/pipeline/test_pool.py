"""The documents for the teacher: several parts of the pool, and gold on request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vermeil.config import Config, dump_config, load_config
from vermeil.errors import ConfigError, DataError
from vermeil.pipeline.inputs import annotate_inputs
from vermeil.pipeline.pool import pool_documents


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "b.txt").write_text("Second letter.\nTwo lines.\n", "utf-8")
    (tmp_path / "letters" / "a.txt").write_text("First letter.\n", "utf-8")
    (tmp_path / "notes.txt").write_text("One note.\nAda flew.\n", "utf-8")
    gold = [
        {"id": "notes:1", "text": "Another text.", "spans": []},
        {"id": "g2", "text": "Ada flew.", "spans": [{"start": 0, "end": 3, "label": "PER"}]},
        {"id": "g3", "text": "Bo ran.", "spans": []},
    ]
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(one) + "\n" for one in gold), "utf-8")
    (tmp_path / "vermeil.toml").write_text(
        '[task.labels.PER]\n[corpora]\ngold = "gold.jsonl"\npool = ["letters", "notes.txt"]\n',
        "utf-8",
    )
    return tmp_path


def load(project: Path, *overrides: str) -> Config:
    return load_config(project / "vermeil.toml", overrides)


def ids(config: Config) -> list[str]:
    return [document.id for document in pool_documents(config)]


def test_parts_are_read_one_after_another_each_by_its_own_rule(project: Path) -> None:
    documents = pool_documents(load(project))
    assert [d.id for d in documents] == ["a", "b", "notes:1", "notes:2"]
    assert [d.id for d in documents] == ["a", "b", "notes:1", "notes:2"]  # a second iteration


def test_list_of_parts_survives_writing_and_reading(project: Path) -> None:
    config = load(project)
    assert [one.path.name for one in config.corpora.pools] == ["letters", "notes.txt"]
    again = project / "again.toml"
    again.write_text(dump_config(config), "utf-8")
    assert load_config(again) == config


def test_gold_texts_follow_unless_the_pool_has_them(project: Path) -> None:
    config = load(project, "teacher.annotate_gold=true")
    assert ids(config) == ["a", "b", "notes:1", "notes:2", "gold:notes:1", "g3"]


def test_gold_follows_the_documents_of_an_order(project: Path) -> None:
    (project / "order.txt").write_text("notes:1\na\n", "utf-8")
    config = load(project, "teacher.annotate_gold=true", "rank.order=order.txt")
    assert ids(config)[:2] == ["notes:1", "a"]
    assert set(ids(config)[2:]) == {"gold:notes:1", "g2", "g3"}


def test_same_id_in_two_parts_is_an_error_that_names_the_file(project: Path) -> None:
    (project / "more").mkdir()
    (project / "more" / "a.txt").write_text("Another letter.", "utf-8")
    with pytest.raises(
        DataError, match=r"'a' is also in an earlier part of corpora.pool"
    ) as raised:
        ids(load(project, 'corpora.pool=["letters", "more"]'))
    assert raised.value.path == project / "more"


def test_empty_list_is_an_error(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"corpora: .*a file, a folder, or a list"):
        load(project, "corpora.pool=[]")


def test_annotating_gold_needs_gold(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"corpora\.gold: missing"):
        ids(load(project, "teacher.annotate_gold=true", "corpora.gold=none"))


def test_annotate_is_stale_after_a_change_of_a_part_or_of_gold(project: Path) -> None:
    def inputs(*overrides: str) -> dict[str, str]:
        return dict(annotate_inputs(load(project, *overrides)))

    plain, with_gold = inputs(), inputs("teacher.annotate_gold=true")
    (project / "notes.txt").write_text("Changed.\n", "utf-8")
    assert {k for k, v in inputs().items() if v != plain[k]} == {"corpora.pool"}
    assert with_gold.keys() - plain.keys() == {"teacher.annotate_gold", "corpora.gold"}
    one = inputs("corpora.pool=notes.txt")
    assert len(one["corpora.pool"]) == 128  # as in earlier versions
