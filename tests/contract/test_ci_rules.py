"""The rule of tests/conftest.py: in CI, a data test must not skip while the data is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"

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
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text("utf-8"), "utf-8")
    (tmp_path / "test_it.py").write_text(TESTS, "utf-8")
    # What xdist tells its workers would silence a pytest below one of them.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "CI" and not name.startswith("PYTEST")
    }
    environment["VERMEIL_DATA"] = str(tmp_path if data_is_there else tmp_path / "nowhere")
    if ci:
        environment["CI"] = "true"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    summary = run.stdout.splitlines()[-1]
    assert (f"{failed} failed" in summary) == bool(failed), run.stdout
    assert f"{skipped} skipped" in summary, run.stdout
