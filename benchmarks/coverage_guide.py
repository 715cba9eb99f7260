"""Which steps through the source a call takes: a fuzz keeps the inputs that take new ones."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

Step = tuple[str, int, int]
"""A file, and two lines that were reached one after the other."""


class CoverageGuide:
    """Tells whether a call takes a step that no call before it took.

    Args:
        folder: the source that counts.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self.steps: set[Step] = set()

    def reaches_new(self, call: Callable[[], object]) -> bool:
        """Make the call under a tracer, at some ten times its cost."""
        known = len(self.steps)
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            call()
        finally:
            sys.settrace(before)
        return len(self.steps) > known

    def _enter(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG002
        name = frame.f_code.co_filename
        if not name.startswith(self._folder):
            return None
        last = 0

        def step(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG001
            nonlocal last
            if event == "line":
                self.steps.add((name, last, frame.f_lineno))
                last = frame.f_lineno
            return step

        return step
