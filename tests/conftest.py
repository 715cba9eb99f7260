"""What all tests share: an environment in which nothing reaches the network, and fixtures."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import hypothesis
import pytest

from vermeil.demo.corpus import NEWSWIRE

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
if "PYTEST_XDIST_WORKER" in os.environ:
    # One process per core already: more threads would only wait for each other.
    os.environ["OMP_NUM_THREADS"] = "1"

pytest_plugins = [
    "tests.research_data",
    "tests.tiny",
    "tests.review_page",
    "tests.loop_runs",
    "tests.terminal_process",
]

if threading.current_thread() is threading.main_thread():
    # A shell that starts the tests in the background has them, and every process that they start,
    # ignore Ctrl-C. A handler is not inherited: with one, those processes begin with the default.
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("vermeil", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("vermeil")


@pytest.fixture(scope="session")
def newswire() -> Path:
    """Folder of the sample corpus, as the installed package has it."""
    return NEWSWIRE
