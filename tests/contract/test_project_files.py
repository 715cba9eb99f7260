"""Files for the hosting platform and for contributors: valid, and consistent with the code."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from tools.release import problems

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = [ROOT / ".github/ISSUE_TEMPLATE" / name for name in ("bug.yml", "feature.yml")]


def load(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))


def commands(workflow: Any) -> list[str]:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    matrices = [job.get("strategy", {}).get("matrix", {}) for job in workflow["jobs"].values()]
    listed = [command for matrix in matrices for command in matrix.get("command", [])]
    return [step["run"] for step in steps if "run" in step] + listed


def test_the_workflows_are_there() -> None:
    assert {file.stem for file in WORKFLOWS} == {"ci", "release", "slow"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_runs_only_what_exists_and_asks_for_few_rights(file: Path) -> None:
    workflow = load(file)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    used = {name for c in commands(workflow) for name in re.findall(r"\bmake ([a-z-]+)", c)}
    assert used <= targets
    assert all((ROOT / c).is_file() for c in commands(workflow) if c.startswith(".ci/"))
    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_every_supported_python_is_tested() -> None:
    pattern = r"Programming Language :: Python :: (3\.\d+)$"
    found = (re.match(pattern, classifier) for classifier in PROJECT["classifiers"])
    supported = [match[1] for match in found if match]
    matrix = load(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == supported


def test_publishing_needs_a_tag_and_no_password() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    workflow = yaml.safe_load(text)
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads the key "on" as true
    assert workflow["jobs"]["publish"]["permissions"] == {"id-token": "write"}
    assert workflow["jobs"]["publish"]["needs"] == "build"
    assert "password" not in text.replace("no password", "")
    assert "secrets." not in text


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_an_issue_form_has_fields_with_labels(form: Path) -> None:
    content = load(form)
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    assert {"name", "description", "body"} <= set(content)
    assert len({field["id"] for field in fields}) == len(fields) > 1
    assert all(field["attributes"]["label"] for field in fields)


def test_the_citation_is_that_of_this_version() -> None:
    citation = load(ROOT / "CITATION.cff")
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]


def test_a_hook_runs_a_tool_of_the_environment() -> None:
    [repository] = load(ROOT / ".pre-commit-config.yaml")["repos"]
    tools = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in repository["hooks"]}
    assert tools == {"ruff", "lint-imports", "mypy"}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Folder with the files of a release that may be published."""
    for name in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    project = (tmp_path / "pyproject.toml").read_text("utf-8")
    urls = '[project.urls]\nHome = "https://vermeil.invalid"'
    (tmp_path / "pyproject.toml").write_text(project.replace("[project.urls]", urls), "utf-8")
    changes = f"# Changes\n\n## [{PROJECT['version']}] – 2030-01-31\n"
    (tmp_path / "CHANGELOG.md").write_text(changes, "utf-8")
    return tmp_path


def test_a_complete_release_has_no_problems(release: Path) -> None:
    assert problems(f"v{PROJECT['version']}", release) == []


def test_every_problem_of_a_release_names_its_file(release: Path) -> None:
    (release / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    found = [problem.partition(":")[0] for problem in problems("v9.9.9", release)]
    has_home = "Home" in PROJECT["urls"]
    expected = ["pyproject.toml", "CITATION.cff", "CHANGELOG.md", "pyproject.toml"]
    assert found == expected[: 3 if has_home else 4]


def test_an_unreleased_section_of_the_changelog_is_a_problem(release: Path) -> None:
    version = PROJECT["version"]
    (release / "CHANGELOG.md").write_text(f"## [{version}] – unreleased\n", "utf-8")
    assert [p.partition(":")[0] for p in problems(f"v{version}", release)] == ["CHANGELOG.md"]
