"""The research data, which is not part of the project, and CI's rule about it."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

NO_DATA = "the research data is not here: set VERMEIL_DATA to its folder"


def data_folder() -> Path | None:
    """The folder of the research data, if it is named and there."""
    named = os.environ.get("VERMEIL_DATA")
    return Path(named) if named and Path(named).is_dir() else None


@pytest.fixture(scope="session")
def vermeil_data() -> Path:
    """Folder of the research data; the test is skipped where there is none."""
    folder = data_folder()
    if folder is None:
        pytest.skip(NO_DATA)
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, a data test that skips while the data is there has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        reason = str(report.longrepr)
        needs_data = "VERMEIL_DATA" in reason or "vermeil_data" in getattr(item, "fixturenames", ())
        if needs_data and data_folder() is not None:
            report.outcome = "failed"
            report.longrepr = f"skipped although the data is there: {reason}"
    return report
