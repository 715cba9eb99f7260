"""Annotation guidelines from a file of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vermeil.config import load_config
from vermeil.errors import ConfigError
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig


def project(folder: Any, text: Any = "", guidelines: Any = "") -> Any:
    (folder / "rules.md").write_text(text, "utf-8")
    (folder / "vermeil.toml").write_text(
        f"[task]\nguidelines = {guidelines!r}\nguidelines_file = 'rules.md'\n[task.labels.PER]\n",
        "utf-8",
    )
    return load_config(folder / "vermeil.toml")


def test_the_file_lies_beside_the_configuration_and_becomes_part_of_the_prompt(
    tmp_path: Path,
) -> None:
    task = project(tmp_path, "Titles are no part of a name.\n", "Be brief.").task
    assert task.guidelines == "Be brief.\n\nTitles are no part of a name."
    system = make_task(task).render("standard", "Ann left.")[0]["content"]
    assert "Guidelines:\nBe brief.\n\nTitles are no part of a name.\n" in system


def test_the_resolved_configuration_holds_the_text_of_the_file(tmp_path: Path) -> None:
    config = project(tmp_path, "Titles are no part of a name.")
    (tmp_path / "rules.md").unlink()
    (tmp_path / "resolved.toml").write_text(config.as_toml(), "utf-8")
    assert load_config(tmp_path / "resolved.toml") == config


def test_a_file_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "vermeil.toml").write_text(
        "[task]\nguidelines_file = 'none.md'\n[task.labels.PER]\n", "utf-8"
    )
    with pytest.raises(ConfigError, match=r"vermeil\.toml: task\.guidelines_file: .*none\.md"):
        load_config(tmp_path / "vermeil.toml")


def test_without_a_configuration_file_it_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "rules.md").write_text("Say little.", "utf-8")
    config = TaskConfig(labels={"PER": {}}, guidelines_file=tmp_path / "rules.md")
    assert make_task(config).config.guidelines == "Say little."
    (tmp_path / "rules.md").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        make_task(config)
