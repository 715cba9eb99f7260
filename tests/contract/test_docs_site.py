"""The documentation site: complete navigation, an API reference of every name, code that runs."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tools.docs_site import (
    API_GROUPS,
    COPIED,
    SOURCE,
    api_pages,
    navigation,
    on_site,
    site_name,
    write_pages,
)

import vermeil
from vermeil.blending.regimens import REGIMENS
from vermeil.blending.schedules import SCHEDULES

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted(SOURCE.rglob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str, page: Path) -> list[str]:
    return [body for name, body in BLOCK.findall(page.read_text("utf-8")) if name == language]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_pages(folder)
    return folder / "docs"


def listed(pages: Path) -> list[str]:
    return [
        page
        for group in navigation(pages)
        for entries in group.values()
        if isinstance(entries, list)
        for entry in entries
        for page in entry.values()
    ]


def test_every_page_is_in_the_navigation_once(pages: Path) -> None:
    found = listed(pages)
    expected = {site_name(path.relative_to(SOURCE).as_posix()) for path in DOCS}
    expected |= set(COPIED.values()) | {f"api/{name}.md" for name in ("index", *API_GROUPS)}
    assert sorted(found) == sorted(expected)
    config = tomllib.loads((pages.parent / "zensical.toml").read_text("utf-8"))
    assert config["project"]["nav"] == navigation(pages)


def test_the_page_of_a_new_topic_is_reachable_at_once(pages: Path, tmp_path: Path) -> None:
    (tmp_path / "new-topic.md").write_text("# `New` topic\n")
    for name in ("index.md", "api/index.md", *(f"api/{group}.md" for group in API_GROUPS)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# Page\n")
    assert {"New topic": "new-topic.md"} in navigation(tmp_path)[1]["How to"]  # type: ignore[operator]


def test_llms_txt_lists_every_page(pages: Path) -> None:
    text = (pages / "llms.txt").read_text("utf-8")
    assert text.startswith("# Vermeil\n")
    assert re.findall(r"^- \[.+?\]\(([^)]+)\): \S", text, re.MULTILINE) == listed(pages)


def test_every_public_name_is_in_the_api_reference() -> None:
    text = "".join(api_pages().values())
    shown = re.findall(r"^::: (.+)$", text, re.MULTILINE)
    assert sorted(shown) == sorted(f"vermeil.{name}" for name in vermeil.__all__)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.relative_to(SOURCE).as_posix())
def test_links_of_a_page_lead_to_pages_of_the_site(page: Path, pages: Path) -> None:
    place = pages / site_name(page.relative_to(SOURCE).as_posix())
    text = re.sub(r"^```.*?^```", "", place.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s#]+)", text)
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (place.parent / link).exists()] == []


def test_links_to_other_files_of_the_repository_become_text(tmp_path: Path) -> None:
    page = SOURCE / "use.md"
    text = on_site(page)
    assert "[examples/spacy_pipeline.py](" in page.read_text("utf-8")
    assert "[examples/spacy_pipeline.py](" not in text
    assert "examples/spacy_pipeline.py is a complete script" in text


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.relative_to(SOURCE).as_posix())
def test_python_code_compiles_and_uses_public_names(page: Path) -> None:
    for code in blocks("python", page):
        if "->" in code.replace(") ->", "") or "…" in code:
            continue  # interfaces of the architecture: signatures, no programs
        tree = ast.parse(code)
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "vermeil"
        }
        assert used <= set(vermeil.__all__)


def test_the_code_about_documents_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = [one for one in blocks("python", SOURCE / "python.md") if "vermeil.Document(" in one]
    found: dict[str, object] = {}
    exec(compile(code, "python.md", "exec"), found)
    assert isinstance(found["again"], vermeil.Document)
    assert [span.label for span in found["again"].spans or ()] == ["PER", "LOC"]


def test_the_page_of_regimens_names_every_regimen_and_schedule() -> None:
    text = (SOURCE / "regimens.md").read_text("utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert named == {*REGIMENS, *SCHEDULES}


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.relative_to(SOURCE).as_posix())
def test_configuration_on_a_page_is_valid(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks("toml", page)):
        path = tmp_path / f"{number}.toml"
        task = "" if "[task" in block else '[task]\nname = "ner"\nlabels = {PER = {}}\n'
        path.write_text(task + block, "utf-8")
        vermeil.load_config(path)


@pytest.mark.slow
@pytest.mark.skipif(
    not (importlib.util.find_spec("zensical") and importlib.util.find_spec("mkdocstrings")),
    reason="the extra docs is not installed",
)
def test_the_site_is_built_strictly_and_has_every_name(tmp_path: Path) -> None:
    write_pages(tmp_path)
    build = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    command = [*build, "-f", str(tmp_path / "zensical.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    html = "".join(path.read_text("utf-8") for path in (tmp_path / "site/api").rglob("*.html"))
    ids = set(re.findall(r'id="vermeil\.([\w.]+)"', html))
    assert set(vermeil.__all__) - {name.partition(".")[0] for name in ids} == set()
    assert (tmp_path / "site/index.html").is_file()
    page = tmp_path / "docs/index.md"
    page.write_text(page.read_text("utf-8") + "\n[dead](absent.md)\n", "utf-8")
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
