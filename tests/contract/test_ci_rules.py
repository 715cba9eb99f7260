"""The rule of tests/research_data.py: in CI, a data test must not skip while the data is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TESTS = """
import pytest

def test_skips_by_itself():
    pytest.skip("no VERMEIL_DATA")

def test_skips_although_it_has_the_data(vermeil_data):
    pytest.skip("not today")

def test_skips_for_another_reason():
    pytest.skip("no such processor")
"""


@pytest.mark.parametrize(
    ("ci", "data_is_there", "failed", "skipped"),
    [(True, True, 2, 1), (True, False, 0, 3), (False, True, 0, 3)],
)
def test_skipped_data_tests(
    tmp_path: Path, ci: bool, data_is_there: bool, failed: int, skipped: int
) -> None:
    (tmp_path / "test_it.py").write_text(TESTS, "utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "CI"}
    environment["PYTHONPATH"] = str(ROOT)
    environment["VERMEIL_DATA"] = str(tmp_path if data_is_there else tmp_path / "nowhere")
    if ci:
        environment["CI"] = "true"
    plugins = ("-p", "no:cacheprovider", "-p", "tests.research_data")
    command = [sys.executable, "-m", "pytest", "-q", *plugins, str(tmp_path)]
    run = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stdout, run.stderr
    summary = run.stdout.splitlines()[-1]
    assert (f"{failed} failed" in summary) == bool(failed), run.stdout
    assert f"{skipped} skipped" in summary, run.stdout
