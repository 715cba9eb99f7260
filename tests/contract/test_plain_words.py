"""Plain English: no figurative word in code, help texts, messages and documents.

The rules are in CONTRIBUTING.md. A real use of a word, such as a prompt that is sent to a teacher,
is one line of ``plain_words_allowed.txt``: the path, a tab, the whole line without its indent.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "vermeil"
ALLOWED = Path(__file__).with_name("plain_words_allowed.txt")

WORDS = (
    "told",
    "tell",
    "tells",
    "telling",
    "say",
    "says",
    "said",
    "besides",
    "whoever",
    "whom",
    "somebody",
    "nobody",
    "those who",
    "put aside",
    "puts aside",
    "take up",
    "takes up",
    "look after",
    "looks after",
    "looked after",
    "without a word",
    "purse",
    "treasury",
    "noticeboard",
    "parcel",
    "parcels",
)
FIGURATIVE = re.compile(rf"(?<![A-Za-z])({'|'.join(WORDS)})(?![A-Za-z])", re.IGNORECASE)
"""Also finds the words in names such as ``put_aside``, since an underscore is no letter."""

CLAUSE = re.compile(r"(What|How|Where|Who|Whose|Why|When|Whether|Those|That|If)\b")
"""First words of a docstring that is a clause and names nothing."""

SOURCES = sorted(PACKAGE.rglob("*.py")) + sorted(PACKAGE.rglob("*.j2"))
RENAMES = ROOT / "docs" / "decisions" / "0014-names.md"
"""The table of old names; its first column holds what the test forbids elsewhere."""

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if path != RENAMES),
]


def allowed() -> set[tuple[str, str]]:
    """Return the lines that may hold one of the words, as (path, line)."""
    lines = ALLOWED.read_text(encoding="utf-8").splitlines()
    return {(path, line) for path, _, line in (one.partition("\t") for one in lines)}


def found(file: Path) -> Iterator[tuple[str, str]]:
    """Yield (path, line) of every line with a figurative word."""
    path = file.relative_to(ROOT).as_posix()
    for line in file.read_text(encoding="utf-8").splitlines():
        if FIGURATIVE.search(line.replace("_", " ")) or FIGURATIVE.search(line):
            yield path, line.strip()


@pytest.mark.parametrize(
    "file", [*SOURCES, *DOCUMENTS], ids=lambda f: f.relative_to(ROOT).as_posix()
)
def test_no_figurative_words(file: Path) -> None:
    assert sorted(set(found(file)) - allowed()) == []


def test_every_allowed_line_exists() -> None:
    present = {line for file in [*SOURCES, *DOCUMENTS] for line in found(file)}
    assert sorted(allowed() - present) == []


def docstrings(file: Path) -> Iterator[tuple[str, str]]:
    """Yield name and docstring of a module and of the public classes and functions in it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield "module", ast.get_docstring(tree) or ""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, ast.get_docstring(node) or ""


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: f.relative_to(PACKAGE).as_posix()
)
def test_docstrings_name_their_thing(file: Path) -> None:
    clauses = [(name, text[:60]) for name, text in docstrings(file) if CLAUSE.match(text)]
    assert clauses == []


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: f.relative_to(PACKAGE).as_posix()
)
def test_documented_arguments_exist(file: Path) -> None:
    """Every entry of ``Args:`` is a parameter, or a field of the class."""
    wrong = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = parameters(node)
        elif isinstance(node, ast.ClassDef):
            names = {
                one.target.id
                for one in node.body
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
            }
            for one in node.body:
                if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                    names |= parameters(one)
        else:
            continue
        wrong += [
            f"{node.name}: {name}"
            for name in documented(ast.get_docstring(node) or "")
            if name not in names
        ]
    assert wrong == []


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names of all parameters of a function."""
    a = function.args
    every = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
    return {one.arg for one in every if one is not None}


def documented(docstring: str) -> list[str]:
    """Return the names that the ``Args:`` of a docstring explain."""
    match = re.search(r"^Args:\n((?: .*\n?|\n)*)", docstring, re.MULTILINE)
    if match is None:
        return []
    return re.findall(r"^ {4}\*{0,2}(\w+):", match[1], re.MULTILINE)
