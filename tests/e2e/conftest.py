"""The command line as its users have it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

Done: TypeAlias = "subprocess.CompletedProcess[str]"
Vermeil: TypeAlias = Callable[..., Done]


@pytest.fixture
def vermeil(tmp_path: Path) -> Vermeil:
    """Run ``vermeil`` with arguments, in a folder of its own."""

    def run(
        *arguments: str | Path, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> Done:
        clean = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "vermeil", *map(str, arguments)],
            cwd=tmp_path,
            env={**clean, "COLUMNS": "200", **(environment or {})},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run
