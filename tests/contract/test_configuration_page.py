"""The configuration reference: written from the code, complete, with examples that load."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from vermeil.config import load_config
from vermeil.config.examples import EXAMPLES
from vermeil.config.reference import KeyReference, all_keys, explain
from vermeil.errors import ConfigError

ROOT = Path(__file__).parents[2]
KEYS = list(all_keys())
WITHIN_TABLES = ("optimize.coach.", "teacher.additional.")


def test_page_is_written_from_the_code() -> None:
    written = runpy.run_path(str(ROOT / "tools" / "configuration.py"))["configuration"]()
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == written, (
        "docs/configuration.md is out of date: run `make configuration`"
    )


def test_every_key_has_a_type_a_meaning_and_an_example() -> None:
    lacking = [
        one.key
        for one in KEYS
        if not one.meaning or one.kind == "value" or "Undefined" in one.example
    ]
    assert lacking == []
    assert len({one.key for one in KEYS}) == len(KEYS)


def test_every_curated_example_belongs_to_a_key() -> None:
    assert EXAMPLES.keys() <= {one.key for one in KEYS}


@pytest.mark.parametrize(
    "one",
    [key for key in KEYS if "NAME" not in key.key and not key.key.startswith(WITHIN_TABLES)],
    ids=lambda one: one.key,
)
def test_example_is_a_valid_value(one: KeyReference, tmp_path: Path) -> None:
    (tmp_path / "guidelines.md").write_text("Names only.", "utf-8")
    path = tmp_path / "vermeil.toml"
    path.write_text("[task.labels.PER]\n", "utf-8")
    load_config(path, [f"{one.key}={one.example}"])


def test_section_is_explained_by_its_keys() -> None:
    assert {one.key for one in explain("run")} == {"run.output", "run.seed"}
    (samples,) = explain("teacher.samples")
    assert (samples.kind, samples.default) == ("whole number, at least 1", "1")


@pytest.mark.parametrize(
    ("chosen", "general"),
    [
        ("task.labels.DRUG.aliases", "task.labels.NAME.aliases"),
        ("corpora.gold.format", "corpora.NAME.format"),
        ("teacher.prices.own.input", "teacher.prices.NAME.input"),
    ],
)
def test_chosen_names_are_general_names(chosen: str, general: str) -> None:
    assert [one.key for one in explain(chosen)] == [general]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("teacher.sampels", "did you mean teacher.samples?"),
        ("teachr", "did you mean teacher?"),
        ("teacher.also", "is now teacher.additional"),
    ],
)
def test_unknown_key_names_a_similar_one(key: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        explain(key)
