"""Every package that the base installation does without has its place in one table."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest

from vermeil.errors import ConfigError
from vermeil.optional import EXTRAS, UNBUNDLED, install_command, is_installed, require

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COME_WITH = {
    "anyio": "mcp",
    "httpx2": "anthropic",
    "markupsafe": "jinja2",
    "pydantic_core": "pydantic",
    "pyarrow": "ray",
    "starlette": "fastapi",
}
"""Modules of packages that come with another one, and with which."""

MODULE_OF = {"opentelemetry_api": "opentelemetry", "python_docx": "docx"}
"""Packages whose module has another name."""


def names_in(requirements: list[str]) -> set[str]:
    """Return the modules that requirements install, going by their names."""
    names = {re.split(r"[=><\[; ]", one)[0].lower().replace("-", "_") for one in requirements}
    return {MODULE_OF.get(name, name) for name in names}


BASE = names_in(PROJECT["dependencies"])
COVERED = {module for modules in EXTRAS.values() for module in modules} | set(UNBUNDLED)


def imported(source: str) -> Iterator[str]:
    """Yield the packages that a source imports, wherever the statement stands.

    Imports for type checkers alone are left out.
    """
    tree = ast.parse(source)
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.If) and getattr(node.test, "id", None) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                found = [alias.name for alias in node.names]
            case ast.ImportFrom(level=0, module=str(module)):
                found = [module]
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                found = [module]
            case _:
                found = []
        yield from (name.partition(".")[0] for name in found)


def third_party(source: str) -> set[str]:
    return {n for n in imported(source) if n not in sys.stdlib_module_names and n != "vermeil"}


SOURCES = sorted((ROOT / "src/vermeil").rglob("*.py"))
INVENTORY = {name for path in SOURCES for name in third_party(path.read_text("utf-8"))}


def is_covered(name: str) -> bool:
    return name in COVERED or name in BASE or COME_WITH.get(name) in BASE


def test_the_inventory_finds_what_is_known_to_be_imported() -> None:
    assert {"torch", "ray", "spacy", "pyarrow", "uvicorn", "anthropic", "mlflow"} <= INVENTORY


@pytest.mark.parametrize("name", sorted(INVENTORY))
def test_every_imported_package_is_of_the_base_or_in_the_table(name: str) -> None:
    assert is_covered(name), f"{name} is imported somewhere; add it to vermeil.optional.EXTRAS"


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    import unheard_of.part",
        "def f():\n    from unheard_of import part",
        "try:\n    import unheard_of as u\nexcept ImportError:\n    u = None",
        "import importlib\nm = importlib.import_module('unheard_of.part')",
        "from importlib import import_module\nm = import_module('unheard_of')",
    ],
)
def test_a_lazy_import_of_another_package_is_found(source: str) -> None:
    assert [name for name in third_party(source) if not is_covered(name)] == ["unheard_of"]


def test_an_import_for_type_checkers_alone_needs_no_extra() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import unheard_of"
    assert third_party(source) == set()


def test_the_table_has_every_extra_of_the_package() -> None:
    assert set(EXTRAS) == set(PROJECT["optional-dependencies"]) - {"dev", "docs"}


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_installs_the_modules_that_it_stands_for(extra: str) -> None:
    installed = names_in(PROJECT["optional-dependencies"][extra])
    missing = [m for m in EXTRAS[extra] if m not in installed and COME_WITH.get(m) not in installed]
    assert missing == []


@pytest.mark.parametrize(("module", "package"), COME_WITH.items())
def test_a_module_without_a_requirement_comes_with_another_package(
    module: str, package: str
) -> None:
    try:
        needed = names_in(requires(package) or [])
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed")
    assert module in needed


def test_no_source_names_an_installation_command_of_its_own() -> None:
    """Messages have theirs from the table."""
    folder = ROOT / "src/vermeil"
    found = {
        path.relative_to(folder).as_posix()
        for path in SOURCES
        if "pip install" in path.read_text("utf-8")
    }
    assert found == {"optional.py"}


def test_a_missing_module_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*EXTRAS["train"], *EXTRAS["serve"], "mlflow"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError) as error:
        require("vermeil train", "train")
    assert str(error.value) == (
        'vermeil train needs torch and transformers: pip install ".[train]" (in a checkout of '
        "vermeil)"
    )
    with pytest.raises(ConfigError, match=r"starlette and mlflow: .*\[train,serve\]\" mlflow \("):
        require("all", "train", "serve", "mlflow")
    assert error.value.exit_code == 2


def test_a_folder_of_that_name_is_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_a_folder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not is_installed("only_a_folder")
    assert is_installed("json")
    assert is_installed("sys")


def test_what_has_no_extra_is_installed_by_its_own_name() -> None:
    assert install_command("mlflow") == "pip install mlflow"
    assert (
        install_command("ray", "train") == 'pip install ".[ray,train]" (in a checkout of vermeil)'
    )
