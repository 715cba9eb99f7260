"""Fixtures: a Hub on this machine, and commands that use it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from tests.integration.hub.fake_hub import FakeHub, serve_hub

from vermeil.student.config import StudentConfig
from vermeil.student.student import Student

TOKEN = "hf_secret"
OWN_WARNING = "ignore:Use 'content=:DeprecationWarning"
"""Warning of huggingface_hub about its own upload without Xet, which only these tests use."""

Done: TypeAlias = "subprocess.CompletedProcess[str]"
Run: TypeAlias = Callable[..., Done]


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with serve_hub(TOKEN) as hub:
        yield hub


@pytest.fixture
def run(hub: FakeHub, tmp_path: Path) -> Run:
    """Run Python with arguments, with this Hub as the only one."""

    def run(*arguments: str | Path, **environment: str) -> Done:
        clean = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"}
        return subprocess.run(
            [sys.executable, "-W", "error", "-W", OWN_WARNING, *map(str, arguments)],
            cwd=tmp_path,
            env={
                **clean,
                "HF_ENDPOINT": hub.url,
                "HF_HOME": str(tmp_path / "hf"),
                "HF_HUB_DISABLE_XET": "1",
                "HF_TOKEN": TOKEN,
                "COLUMNS": "200",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory, encoder: Path, task: Any) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "model"
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(folder, {"documents": 3})
    return folder
