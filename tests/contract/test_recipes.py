"""Each recipe of CONTRIBUTING.md is followed in a copy of the package, and its result works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contract.recipes import backend, prompting, report, task, texts, training
from tests.contract.recipes.recipe import Recipe

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "vermeil"
RECIPES = tuple(
    recipe
    for module in (training, texts, task, backend, report, prompting)
    for recipe in module.RECIPES
)
PLACEHOLDERS = {
    "cli": "cli/NAME.py",
    "corpora/formats": "corpora/formats/NAME.py",
    "corpora/tools": "corpora/tools/NAME.py",
    "jobs": "jobs/NAME.py",
    "prompting": "prompting/NAME.py",
    "refinement/scorers": "refinement/scorers/NAME.py",
    "studies/report/sections": "studies/report/sections/NAME.py",
    "studies/report/templates": "studies/report/templates/NAME.html.j2",
    "selection/ranking": "selection/ranking/NAME.py",
    "tasks/ner/formats": "tasks/ner/formats/",
    "tasks/tone": "tasks/NAME/task.py",
    "teacher/backends/parrot": "teacher/backends/NAME/online.py",
}
"""Folder of a new file to the name that the recipe gives it."""

every_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.heading)


def sections() -> dict[str, str]:
    """Return the recipes of CONTRIBUTING.md, heading to text."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, _, recipes = text.partition("\n## Recipes\n")
    parts = re.split(r"^### (.+)$", recipes.partition("\n## ")[0], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def follow(recipe: Recipe, folder: Path) -> None:
    """Apply a recipe to a copy of the package in ``folder``."""
    package = folder / "vermeil"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, content in recipe.files.items():
        file = package / name
        assert not file.exists()
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")
    for edit in recipe.edits:
        file = package / edit.file
        text = file.read_text(encoding="utf-8")
        assert text.count(edit.before) == 1, (edit.file, edit.before)
        file.write_text(text.replace(edit.before, edit.added + edit.before), encoding="utf-8")


def test_every_addition_has_a_recipe_and_every_recipe_is_followed() -> None:
    headings = {heading for heading in sections() if heading.startswith("Add ")}
    assert headings == {recipe.heading for recipe in RECIPES}


@every_recipe
def test_a_recipe_names_the_files_that_change(recipe: Recipe) -> None:
    text = sections()[recipe.heading]
    for edit in recipe.edits:
        assert f"`{edit.file}`" in text, edit.file
    for name in recipe.files:
        assert f"`{PLACEHOLDERS[name.rpartition('/')[0]]}" in text, name


@every_recipe
def test_following_a_recipe_is_enough(recipe: Recipe, tmp_path: Path, encoder: Path) -> None:
    follow(recipe, tmp_path)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", recipe.script, str(encoder)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
