"""Every reader turns malformed files into errors of Vermeil, within limits of time and memory.

`run` generates the cases from a seed. ``VERMEIL_FUZZ_CASES=10000`` sets the number of cases per
reader of the slow test. A failure names its case; the same seed repeats it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.fuzz.targets import TARGETS

QUICK = 30
SLOW = int(os.environ.get("VERMEIL_FUZZ_CASES", "500"))


def run_cases(names: list[str], count: int, seed: int, folder: Path) -> list[dict[str, Any]]:
    """Run the cases of readers in a process of their own, which a damaged file may end."""
    command = [sys.executable, "-m", "tests.fuzz.run", str(count), str(seed), str(folder), *names]
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"}
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    case = [path.read_text() for path in folder.glob("*/case")]
    assert ended.returncode == 0, f"last case of each reader: {case}\n{ended.stderr[-3000:]}"
    results: list[dict[str, Any]] = json.loads(ended.stdout.splitlines()[-1])
    return results


def assert_no_failures(results: list[dict[str, Any]], count: int) -> None:
    for result in results:
        shown = "\n".join(f"{f['case']} {f['kind']}: {f['problem']}" for f in result["failures"])
        assert not result["failures"], f"{result['name']}\n{shown[:5000]}"
        assert sum(result["outcomes"].values()) == count


def test_a_few_mutations_of_every_format(tmp_path: Path) -> None:
    results = run_cases(list(TARGETS), QUICK, 1, tmp_path)
    assert [result["name"] for result in results] == list(TARGETS)
    assert_no_failures(results, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_many_mutations(name: str, tmp_path: Path) -> None:
    [result] = run_cases([name], SLOW, 2, tmp_path)
    assert_no_failures([result], SLOW)
    assert result["outcomes"].keys() & {"data error", "configuration error"}


def test_a_reader_with_a_fault_fails(tmp_path: Path) -> None:
    """The run itself reports a traceback, a long case and a large allocation."""
    program = (
        "import random, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.fuzz import run\n"
        "from tests.fuzz.targets import Target, mutate_file\n"
        "def samples(folder):\n"
        "    (folder / 'x.txt').write_text('text')\n"
        "    return [folder / 'x.txt']\n"
        "def allocate(path, rng):\n"
        "    return path.read_bytes() != b'text' and bytearray(2**30)\n"
        "def loop(path, rng):\n"
        "    while path.read_bytes() != b'text':\n"
        "        pass\n"
        "def divide(path, rng):\n"
        "    return 1 / (path.read_bytes() == b'text')\n"
        "run.SECONDS = 0.2\n"
        "signal.signal(signal.SIGPROF, run._stop)\n"
        "for read in (allocate, loop, divide):\n"
        "    run.TARGETS[read.__name__] = Target(samples, read, mutate_file)\n"
        "    found = run.fuzz(read.__name__, 5, 1, Path(sys.argv[1]) / read.__name__)\n"
        "    print(*(found['outcomes'].keys() - {'read'}))\n"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == ["memory", "time", "traceback"]
