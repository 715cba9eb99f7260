"""Old names: each gives an error with the new one, and stored files are still read."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from vermeil.blending.config import BlendingConfig
from vermeil.config import load_config
from vermeil.errors import ConfigError
from vermeil.renamed import KEYS, MODULES, OPTIONS, new_option, with_new_keys, with_old_keys
from vermeil.student.config import StudentConfig
from vermeil.student.inference.model_settings import SETTINGS, ModelSettings, read_settings
from vermeil.studies.cells.regimens import blending_for
from vermeil.tasks.config import TaskConfig

TASK = '[task.labels.PER]\ndescription = "people"\n'


@pytest.mark.parametrize(("old", "new"), KEYS.items())
def test_an_old_key_gives_the_new_one(old: str, new: str, tmp_path: Path) -> None:
    file = tmp_path / "vermeil.toml"
    file.write_text(TASK, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"{old}: is now {new}"):
        load_config(file, [f"{old}=1"])


def test_an_old_key_inside_a_variant_gives_the_new_one() -> None:
    variants = {"mine": {"regimen": "schedule", "budget": {"gold_part": 0.3}}}
    with pytest.raises(ConfigError, match=r"mine\.budget\.gold_part: is now .*gold_fraction"):
        blending_for("mine", BlendingConfig(), variants)


@pytest.mark.parametrize("new", KEYS.values())
def test_every_new_key_exists(new: str, tmp_path: Path) -> None:
    file = tmp_path / "vermeil.toml"
    file.write_text(TASK, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_config(file, [f"{new}='no such value'"])
    assert "unknown key" not in str(error.value)


@pytest.mark.parametrize(("old", "new"), OPTIONS.items())
def test_an_old_option_gives_the_new_one(old: str, new: str) -> None:
    *verb, option = old.split()
    assert new_option([*verb, "file", option, "x"]) == (option, new)
    assert new_option([*verb, f"{option}=x"]) == (option, new)
    assert new_option([*verb, new]) is None
    assert new_option(["train", option]) is None


@pytest.mark.parametrize(("old", "new"), MODULES.items())
def test_an_old_module_gives_the_new_one(old: str, new: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=f"vermeil.{new}$"):
        importlib.import_module(f"vermeil.{old}")


@pytest.mark.parametrize("new", sorted(set(MODULES.values())))
def test_every_new_module_exists(new: str) -> None:
    assert importlib.util.find_spec(f"vermeil.{new}") is not None


def test_keys_of_a_stored_section_are_translated_and_back() -> None:
    old = {"name": "ner", "labels": {"uncertain": {"description": "x"}}, "uncertain": "ignore"}
    new = {"name": "ner", "labels": {"uncertain": {"description": "x"}}, "unlocated": "ignore"}
    assert with_new_keys("task", old) == new
    assert with_old_keys("task", new) == old
    assert list(with_old_keys("task", new)) == list(old)


def test_a_model_folder_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    task = TaskConfig.model_validate({"labels": {"PER": {}}, "unlocated": "ignore"})
    record = ModelSettings(task=task, student=StudentConfig()).as_dict()
    record["task"]["uncertain"] = record["task"].pop("unlocated")
    (tmp_path / SETTINGS).write_text(json.dumps(record), encoding="utf-8")
    assert read_settings(tmp_path).task == task
