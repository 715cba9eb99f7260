"""The shell commands of all pages, in their order, and the reasons of those that no test runs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)

NOT_RUN: dict[str, str] = {
    r"make \w+": "CI runs make check, docs, test and test-slow; the tests are part of them",
    r"(\.venv/bin/)?pip (install|wheel) .*": "installs packages over the network: see "
    "tests/integration/test_bare_environments.py and test_deploy_environment.py",
    r"python3 -m venv \.venv": "tests/integration/test_bare_environments.py sets up environments",
    r"\.venv/bin/vermeil doctor": "tests/integration/jobs/test_doctor.py runs doctor",
    r"vermeil demo": "takes minutes; tests/integration/test_demo.py runs it with two small cells",
    r"vermeil study --preset paper": "downloads bert-base-cased, then takes hours",
    r".*benchmarks/\w+/\S+.*": "a measurement of minutes or hours on data that is not part of the "
    "project; its results are in docs/results",
    r"hf auth login": "needs an account at the Hub",
    r"vermeil (push|pull) .*": "needs the Hub; tests/integration/hub runs both with a local one",
    r"VERMEIL_TOKEN=\S+ vermeil review open --host 0\.0\.0\.0 .*": "would open a port to the "
    "network; tests/e2e/test_review.py runs it on loopback",
    r"vermeil review open .*": "serves until Ctrl-C; tests/e2e/test_review.py runs it and opens "
    "the page in a browser",
    r"vermeil review import vermeil-run/review/decisions\.jsonl .*": "reads what a person decided "
    "on the review page; tests/e2e/test_review.py runs both",
    r"python examples/gliner_predictions\.py .*": "downloads a model from the Hub; "
    "tests/integration/test_gliner.py runs the script with a tiny one",
    r"vermeil optimize .*|vermeil prompt diff .*": "needs a teacher that follows rules; "
    "tests/e2e/test_optimize.py runs both with one",
    r"cp gold\.jsonl .* examples/spacy_project/assets/|cd examples/spacy_project"
    r"|python -m spacy project run all": "tests/integration/test_spacy_project.py runs the project",
}
"""Patterns of whole commands that `test_pages` does not run, each with its reason."""


def blocks(language: str, page: Path) -> list[str]:
    """Return the code blocks of a language on a page."""
    return [body for name, body in _BLOCK.findall(page.read_text("utf-8")) if name == language]


def commands(page: Path) -> list[str]:
    """Return the commands of a page in order, without comments, each on one line."""
    text = "\n".join(blocks("sh", page)).replace("\\\n", " ")
    lines = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def reason(command: str) -> str | None:
    """Return why no test of pages runs a command; None: one must run it."""
    found = (why for pattern, why in NOT_RUN.items() if re.fullmatch(pattern, command))
    return next(found, None)


def name_of(page: Path) -> str:
    """Return the path of a page in the repository."""
    return page.relative_to(ROOT).as_posix()
