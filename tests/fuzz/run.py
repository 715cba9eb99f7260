"""Fuzz run of readers in this process: ``python -m tests.fuzz.run COUNT SEED FOLDER NAME…``.

Every case may use 5 s of processor time and 500 MB of memory. A case fails if the reader raises
anything but an error of Vermeil, or an error without a file, or exceeds a limit. The last line of
the output is a JSON object with the counts by outcome and the failures.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import resource
import shutil
import signal
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS, Target

from vermeil.data.malformed import MALFORMED
from vermeil.errors import ConfigError, DataError, VermeilError

SECONDS, MEGABYTES = 5, 500
_SHOWN = 3


class LimitExceededError(BaseException):
    """A case used too much processor time; not an `Exception`, so that no reader catches it."""


def fuzz(name: str, count: int, seed: int, folder: Path) -> dict[str, Any]:
    """Return the outcomes of a reader's cases: counts by kind, and the failures."""
    target = TARGETS[name]
    valid, malformed = folder / "valid", folder / "malformed"
    valid.mkdir(parents=True)
    samples = target.samples(valid)
    for sample in samples:
        _outcome(target, sample, random.Random(0))  # imports, caches
    outcomes: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    with _memory_limit():
        for number in range(count):
            rng = random.Random(f"{name} {seed} {number}")
            (folder / "case").write_text(f"{name} {seed} {number}")
            shutil.rmtree(malformed, ignore_errors=True)
            malformed.mkdir()
            path = target.mutate(rng.choice(samples), malformed, rng)
            kind, problem = _outcome(target, path, rng)
            outcomes[kind] += 1
            if problem:
                failures.append({"case": number, "kind": kind, "problem": problem})
    return {"name": name, "outcomes": dict(outcomes), "failures": failures}


def _outcome(target: Target, path: Path, rng: random.Random) -> tuple[str, str]:
    """Return the kind of the outcome, and the problem if it is a failure."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        target.read(path, rng)
    except VermeilError as error:
        return _of_error(error)
    except LimitExceededError as error:
        return "time", "".join(traceback.format_exception(error)[-_SHOWN:])
    except MemoryError as error:
        return "memory", "".join(traceback.format_exception(error)[-_SHOWN:])
    except Exception as error:
        return "traceback", "".join(traceback.format_exception(error)[-_SHOWN:])
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return "read", ""


def _of_error(error: VermeilError) -> tuple[str, str]:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return "memory", "".join(traceback.format_exception(error)[-_SHOWN:])
        cause = cause.__cause__
    if isinstance(error, ConfigError):
        return "configuration error", ""
    if not isinstance(error, DataError) or error.path is None:
        return "no file", repr(error)
    if "is malformed (" in error.message and isinstance(error.__cause__, MALFORMED):
        frame = traceback.extract_tb(error.__cause__.__traceback__)[-1]
        return f"translated: {type(error.__cause__).__name__} in {Path(frame.filename).name}", ""
    return "data error", ""


@contextmanager
def _memory_limit() -> Iterator[None]:
    """Limit the memory that is allocated in addition to what the process has."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    size = pages * resource.getpagesize() + MEGABYTES * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _stop(_signal: int, _frame: object) -> None:
    raise LimitExceededError(f"more than {SECONDS} s")


def main() -> None:
    """Run the readers that the command line names and print the outcomes of each."""
    count, seed, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    faulthandler.enable()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _stop)
    results = [fuzz(name, count, seed, folder / name.replace(" ", "_")) for name in sys.argv[4:]]
    print(json.dumps(results))


if __name__ == "__main__":
    main()
