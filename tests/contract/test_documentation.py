"""Links lead somewhere, tables name what exists, files keep to the house's size."""

import importlib
import inspect
import re
from pathlib import Path

import pytest
import typer.main

import vermeil
from vermeil.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "vermeil"
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
)
LONGEST_FILE = 400
ROW = re.compile(r"^\| `vermeil (\w+)[^`]*` \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
VERB_TABLE = ROW.findall((ROOT / "docs" / "architecture.md").read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    local = [link.split("#")[0] for link in links if not re.match(r"https?:|#|mailto:", link)]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_links_within_the_readme_lead_to_headings() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= anchors


def test_verb_table_names_every_verb() -> None:
    command = typer.main.get_command(app)
    assert {row[0] for row in VERB_TABLE} == set(command.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("row", VERB_TABLE, ids=lambda row: row[0])
def test_verb_table_row_names_what_exists(row: tuple[str, str, str, str]) -> None:
    _, functions, sections, files = row
    for name in re.findall(r"`vermeil\.(\w+)`", functions):
        assert name in vermeil.__all__
        home = importlib.import_module(getattr(vermeil, name).__module__)
        assert home.__file__ is not None
        assert Path(home.__file__).relative_to(PACKAGE).as_posix() in files
    for name in re.findall(r"`\[(\w+)\]`", sections):
        assert list(PACKAGE.glob("*/config.py"))
        assert name in vermeil_sections()
    for name in re.findall(r"`([\w/.]+)`", files):
        assert (PACKAGE / name).exists()


def vermeil_sections() -> set[str]:
    from vermeil.config import Config

    return set(Config.model_fields)


def test_every_public_function_is_in_the_verb_table() -> None:
    named = {name for row in VERB_TABLE for name in re.findall(r"`vermeil\.(\w+)`", row[1])}
    functions = {name for name in vermeil.__all__ if inspect.isfunction(getattr(vermeil, name))}
    assert functions == named


@pytest.mark.parametrize(
    "path",
    [p for folder in ("src", "tests", "tools") for p in sorted((ROOT / folder).rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_file_grows_beyond_what_can_be_read_at_once(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE
