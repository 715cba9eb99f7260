"""Configuration files with numbers, nesting and paths that nothing can use."""

from __future__ import annotations

from pathlib import Path

import pytest

from vermeil.config import load_config
from vermeil.errors import ConfigError

VALID = "[task.labels.PER]\n"


def problem_of(folder: Path, content: str, *overrides: str) -> str:
    path = folder / "vermeil.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    message = str(caught.value)
    assert len(message) < 300 + len(str(path))
    return message.removeprefix(str(path))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (VALID + f"[run]\nseed = {'7' * 4_400}\n", ":3: a number has more than 4,300 digits"),
        (VALID + f"[run]\nseed = {2**63}\n", ": run.seed: expected a number of at most 64 bits"),
        (VALID + f"[study]\nseeds = [1, {10**300}]\n", ": study.seeds.1: expected a number of"),
        (VALID + f"[teacher.extra]\nx = {'[' * 9_000}\n", ": is nested too deeply"),
        (VALID + '[corpora]\ngold = "~unknown-user/x"\n', "write the whole path"),
        ('[task]\nguidelines_file = "a\\u0000b"\n[task.labels.PER]\n', "null byte"),
        (VALID + "[run]\nseed = [1]\n", ": run.seed: expected a valid integer, found [1]"),
        ("task = 5\n", ": task: expected a section, found 5"),
        ("run = []\n" + VALID, ": run: expected a section, found []"),
    ],
)
def test_values_that_nothing_can_use(tmp_path: Path, content: str, problem: str) -> None:
    assert problem in problem_of(tmp_path, content)


@pytest.mark.parametrize("value", ["7" * 4_400, str(10**30), "[" * 9_000])
def test_overrides_that_nothing_can_use(tmp_path: Path, value: str) -> None:
    assert "run.seed" in problem_of(tmp_path, VALID, f"run.seed={value}")
