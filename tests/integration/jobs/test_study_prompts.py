"""Silver of further prompts, from configuration files and stored replies."""

from __future__ import annotations

from pathlib import Path

import pytest

from vermeil.config import load_config
from vermeil.errors import ConfigError
from vermeil.pipeline.execution import run_stage
from vermeil.pipeline.study_files import read_documents
from vermeil.tasks import make_task

STUDY = """
[study]
regimens = ["gold_only", "pooled"]
[study.prompts]
guided = "guided.toml"
"""


@pytest.fixture
def compared(project: Path) -> Path:
    """Return the folder of a project that names a second prompt."""
    today = project / "vermeil.toml"
    text = today.read_text("utf-8")
    (project / "guided.toml").write_text(f'task.guidelines = "Mark ships."\n{text}', "utf-8")
    today.write_text(text + STUDY, "utf-8")
    config = load_config(today)
    run_stage("annotate", config)
    run_stage("locate", config)
    return project


def test_silver_of_a_second_prompt_is_read_from_its_stored_replies(compared: Path) -> None:
    run_stage("annotate", load_config(compared / "guided.toml"))
    config = load_config(compared / "vermeil.toml")
    corpora = read_documents(config, make_task(config.task))
    assert list(corpora.prompts) == ["guided"]
    assert [d.text for d in corpora.prompts["guided"]] == [d.text for d in corpora.silver]
    assert any(d.spans for d in corpora.prompts["guided"])


def test_missing_replies_name_the_command_that_requests_them(compared: Path) -> None:
    config = load_config(compared / "vermeil.toml")
    with pytest.raises(ConfigError, match=r"guided: 15 of 15 .* annotate --config .*guided"):
        read_documents(config, make_task(config.task))


def test_file_of_silver_can_be_named(compared: Path) -> None:
    silver = f"study.prompts.guided={compared / 'vermeil-run' / 'silver.jsonl'}"
    config = load_config(compared / "vermeil.toml", [silver])
    corpora = read_documents(config, make_task(config.task))
    assert corpora.prompts["guided"] == corpora.silver


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("study.prompts.guided=gone.toml", "no such file"),
        ("study.prompts.guided=other.toml", "its labels are not those of the study"),
        ("study.baseline=pooled@other", "pooled@guided"),
    ],
)
def test_wrong_prompts_are_errors(compared: Path, override: str, message: str) -> None:
    other = '[task.labels.DRUG]\n[corpora]\npool = "pool.jsonl"\n'
    (compared / "other.toml").write_text(other, "utf-8")
    with pytest.raises(ConfigError, match=message):
        _read(compared / "vermeil.toml", override)


def _read(file: Path, override: str) -> None:
    config = load_config(file, [override])
    read_documents(config, make_task(config.task))
