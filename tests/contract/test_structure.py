"""Sizes and names of the code: what keeps files short, folders small and names unique."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "vermeil"
FILES = sorted(PACKAGE.rglob("*.py"))

LONGEST_FILE = 400
"""Lines of a file."""
FULLEST_FOLDER = 30
"""Python files beside each other."""


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_file_is_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_no_folder_is_crowded() -> None:
    crowded = {
        folder.relative_to(PACKAGE).as_posix(): number
        for folder, number in Counter(file.parent for file in FILES).items()
        if number > FULLEST_FOLDER
    }
    assert crowded == {}


def test_every_package_has_an_init_file() -> None:
    folders = {file.parent for file in FILES}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_a_class_name_stands_for_one_thing() -> None:
    """A private class may share its name only with private classes of other files."""
    names: dict[str, list[str]] = {}
    for file in FILES:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                place = file.relative_to(PACKAGE).as_posix()
                names.setdefault(node.name, []).append(place)
    assert {name: places for name, places in names.items() if len(places) > 1} == {}
