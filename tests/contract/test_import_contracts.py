"""The import contracts: each holds, and each fails when one forbidden import is added to a copy."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "vermeil"


@dataclass(frozen=True)
class Violation:
    """One forbidden import.

    Args:
        contract: section of ``.importlinter`` that must fail.
        file: the file that gets the import, relative to the package.
        line: the import.
        shown: text that the report of the failure must contain.
    """

    contract: str
    file: str
    line: str
    shown: str


VIOLATIONS = (
    Violation(
        "layers",
        "teacher/tokens.py",
        "from vermeil.jobs import adding",
        "vermeil.teacher.tokens -> vermeil.jobs.adding",
    ),
    Violation(
        "layers",
        "studies/presets.py",
        "from vermeil.serving import batcher",
        "vermeil.studies.presets -> vermeil.serving.batcher",
    ),
    Violation(
        "acyclic",
        "corpora/source.py",
        "from vermeil.corpora.formats import jsonl",
        "corpora",
    ),
    Violation(
        "teacher",
        "teacher/backends/sdk.py",
        "from vermeil.teacher import engine",
        "vermeil.teacher.backends.sdk -> vermeil.teacher.engine",
    ),
    Violation(
        "student",
        "student/network/card.py",
        "from vermeil.student import load",
        "vermeil.student.network.card -> vermeil.student.load",
    ),
    Violation(
        "studies",
        "studies/cells/sampling.py",
        "from vermeil.studies import plan",
        "vermeil.studies.cells.sampling -> vermeil.studies.plan",
    ),
    Violation("torch", "jobs/adding.py", "import torch", "vermeil.jobs.adding"),
    Violation("torch", "student/load.py", "import transformers", "vermeil.student.load"),
    Violation("http", "jobs/adding.py", "import aiohttp", "vermeil.jobs.adding"),
    Violation(
        "xllamacpp",
        "teacher/backends/models.py",
        "import xllamacpp",
        "vermeil.teacher.backends.models",
    ),
    Violation(
        "gliner2",
        "teacher/backends/models.py",
        "import gliner2",
        "vermeil.teacher.backends.models",
    ),
    Violation("documents", "corpora/read.py", "import lxml", "vermeil.corpora.read"),
    Violation(
        "huggingface_hub",
        "jobs/sharing/push.py",
        "import huggingface_hub",
        "vermeil.jobs.sharing.push",
    ),
    Violation("ray", "selection/signals.py", "import ray", "vermeil.selection.signals"),
    Violation("optuna", "cluster/tune.py", "import optuna", "vermeil.cluster.tune"),
    Violation("gepa", "jobs/adding.py", "import gepa", "vermeil.jobs.adding"),
    Violation("mcp", "jobs/adding.py", "import mcp", "vermeil.jobs.adding"),
    Violation(
        "opentelemetry", "jobs/adding.py", "import opentelemetry.trace", "vermeil.jobs.adding"
    ),
    Violation("data", "data/tags.py", "import pydantic", "vermeil.data.tags"),
    Violation("tools", "jobs/adding.py", "import typer", "vermeil.jobs.adding"),
    Violation(
        "deploy",
        "student/inference/batching.py",
        "from vermeil.student.network import device",
        "vermeil.student.inference",
    ),
)


def contracts() -> dict[str, configparser.SectionProxy]:
    """Return the sections of ``.importlinter`` by the short name of their contract."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return {
        name.removeprefix(prefix): parser[name]
        for name in parser.sections()
        if name.startswith(prefix)
    }


def lint(folder: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the linter over the package in ``folder``."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    if contract is not None:
        command += ["--contract", contract]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    shutil.copytree(
        PACKAGE, folder / "src" / "vermeil", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


def test_every_contract_is_tried() -> None:
    assert {violation.contract for violation in VIOLATIONS} == set(contracts())


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda v: f"{v.contract}:{v.file}")
def test_forbidden_import_breaks_its_contract(violation: Violation, copy: Path) -> None:
    file = copy / "src" / "vermeil" / violation.file
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n\ndef _added() -> None:\n    {violation.line}\n", encoding="utf-8")
    try:
        result = lint(copy, violation.contract)
    finally:
        file.write_text(before, encoding="utf-8")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 broken" in result.stdout
    assert violation.shown in re.sub(r"\s+", " ", result.stdout)


def test_every_top_level_package_is_in_a_layer() -> None:
    """A new package that no layer names would be free to import anything."""
    layers = {name for name in re.split(r"[\s|]+", contracts()["layers"]["layers"]) if name}
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert layers == modules | packages
    assert contracts()["layers"]["exhaustive"] == "True"
