"""The description of one stage of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.config import Config
from vermeil.data.progress import Progress
from vermeil.errors import VermeilError
from vermeil.jobs.executor import Executor
from vermeil.jobs.fingerprints import Inputs
from vermeil.jobs.run_folder import RunFolder

Report = dict[str, Any]
"""The report of a job, as its ``as_dict()`` returns it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run.

    Args:
        inputs: return the digests of the sections and files that the output depends on.
        outputs: return the files that the stage writes.
        run: run the stage; raises `ConfigError` when a corpus that it needs is not configured.
        skip_reason: return in words why the run does not need the stage; None if it does.
        is_complete: return whether the report shows that nothing is left to do.
        error: return the error of a report without any usable result; None if there is a result.
        warning: return in words what is missing from the result; None if nothing is.
        require: raise `ConfigError` when a package that the stage needs is not installed.
    """

    inputs: Callable[[Config], Inputs]
    outputs: Callable[[RunFolder], tuple[Path, ...]]
    run: Callable[[Config, Progress, Executor], Report]
    skip_reason: Callable[[Config], str | None] = lambda _: None
    is_complete: Callable[[Report], bool] = lambda _: True
    error: Callable[[Report], VermeilError | None] = lambda _: None
    warning: Callable[[Report], str | None] = lambda _: None
    require: Callable[[Config, Executor], None] = lambda _config, _executor: None
