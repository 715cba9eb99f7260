"""Changes of a configuration file by an optimised prompt."""

from dataclasses import replace
from pathlib import Path

import pytest

from vermeil.config import load_config
from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.pipeline.optimize.files import apply_prompt
from vermeil.prompting.prompt import Prompt, prompt_diff, prompt_of
from vermeil.tasks import make_task

TABLES = """# ours
[task]
guidelines = "Old."
[task.labels.PER] # people
description = "people"
[task.labels.LOC]
[teacher]
model = "m" # keep this
"""
INLINE = """task = {guidelines = "Old.", labels = {PER = {description = "people"}, LOC = {}}}
teacher = {model = "m", demonstrations = {kind = "fixed", ids = ["a"], count = 1}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "vermeil.toml"
    path.write_text(text, encoding="utf-8")
    return path


def start_of(path: Path) -> Prompt:
    config = load_config(path)
    return prompt_of(make_task(config.task), config.teacher.prompt)


@pytest.mark.parametrize("text", [TABLES, INLINE], ids=["tables", "inline"])
def test_every_part_is_written_and_read_back(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    start = start_of(path)
    shown = (Document("x", "X"), Document('y "z"', "Y"))
    better = Prompt(
        "chain_of_thought",
        'Old.\n- "Rome" is LOC.',
        {"PER": "people", "LOC": "pläces"},
        shown,
        "Read it twice.",
    )
    old, guidelines = apply_prompt(start, better, path)
    config = load_config(path)
    assert start_of(path) == replace(better, demonstrations=())
    assert config.teacher.demonstrations.kind == "fixed"
    assert config.teacher.demonstrations.ids == ("x", 'y "z"')
    assert config.teacher.demonstrations.count == 2
    assert config.teacher.model == "m"
    assert old.read_text("utf-8") == text
    assert guidelines == tmp_path / "guidelines.md"
    assert {one.name for one in tmp_path.iterdir()} == {
        *("vermeil.toml", "vermeil.toml.old", "guidelines.md")
    }


def test_comments_and_all_other_lines_stay(tmp_path: Path) -> None:
    path = write(tmp_path, TABLES)
    start = start_of(path)
    apply_prompt(start, replace(start, descriptions={"PER": "people", "LOC": "places"}), path)
    text = path.read_text("utf-8")
    assert [line for line in TABLES.splitlines() if line not in text.splitlines()] == []
    assert 'description = "places"' in text
    assert not (tmp_path / "guidelines.md").exists()


def test_no_existing_file_is_replaced(tmp_path: Path) -> None:
    for name in ("guidelines.md", "guidelines-2.md", "vermeil.toml.old"):
        (tmp_path / name).write_text("mine\n", encoding="utf-8")
    path = write(
        tmp_path, TABLES.replace('guidelines = "Old."', 'guidelines_file = "guidelines.md"')
    )
    start = start_of(path)
    assert start.guidelines == "mine"
    old, guidelines = apply_prompt(start, start.with_rule("PER: people only."), path)
    assert (old.name, guidelines.name) == ("vermeil.toml.old-2", "guidelines-3.md")
    assert (tmp_path / "guidelines.md").read_text("utf-8") == "mine\n"
    assert start_of(path).guidelines == "mine\n- PER: people only."


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    target = write(tmp_path / "shared", TABLES)
    link = tmp_path / "vermeil.toml"
    link.symlink_to(target)
    start = start_of(link)
    apply_prompt(start, start.with_rule("New."), link)
    assert link.is_symlink()
    assert start_of(link).guidelines == "Old.\n- New."


def test_a_configuration_that_would_become_invalid_is_left_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, TABLES)
    start = start_of(path)
    path.write_text(TABLES + "[corpora]\nunknown = 1\n", encoding="utf-8")
    before = path.read_text("utf-8")
    with pytest.raises(ConfigError, match="unknown"):
        apply_prompt(start, start.with_rule("New."), path)
    assert path.read_text("utf-8") == before
    assert not (tmp_path / "vermeil.toml.old").exists()
    path.write_text("task = [", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be changed"):
        apply_prompt(start, start.with_rule("New."), path)


def test_a_diff_shows_changed_lines_only() -> None:
    before = Prompt("standard", "One.\nTwo.\nThree.", {"PER": "", "LOC": ""})
    after = replace(before.with_rule("LOC: towns."), descriptions={"PER": "people", "LOC": ""})
    changed = [line for line in prompt_diff(before, after).splitlines() if line[:1] in "+-"][2:]
    assert changed == ["-label PER: ", "+label PER: people", "+- LOC: towns."]
    assert prompt_diff(before, before) == ""
