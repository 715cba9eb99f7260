"""What the tests of a local teacher share: a tiny model, requests, and processes that end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from vermeil.data.reply import Request
from vermeil.teacher.config import LocalEngineConfig, TeacherConfig

ONE_SLOT = {"processes": 1, "slots": 1, "threads": 1, "context": 2048}
"""The smallest division: nothing is compared at the start."""


def teacher(
    model: Path | str, local: Mapping[str, object] | None = None, **settings: Any
) -> TeacherConfig:
    """Return the settings of a teacher on this machine."""
    values = {"retry_delay": 0.01, "temperature": 1.0, "max_tokens": 200, "extra": {"seed": 7}}
    return TeacherConfig(
        backend="local",
        model=str(model),
        local=LocalEngineConfig.model_validate(ONE_SLOT if local is None else local),
        **(values | settings),
    )


def request(text: str = "Ann left.", max_tokens: int = 8) -> Request:
    """Return a request with instructions before the text."""
    messages = (
        {"role": "system", "content": "Name all people. " * 8},
        {"role": "user", "content": text},
    )
    return Request("a", text, "standard", messages, "m", {"max_tokens": max_tokens})


def wait_for_end(pid: int) -> None:
    """Wait until a process is gone; fail after a minute."""
    give_up = time.monotonic() + 60
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < give_up, f"process {pid} still runs"
        time.sleep(0.05)
