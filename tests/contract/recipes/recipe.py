"""Description of a recipe: the changes that CONTRIBUTING.md names, and a script that sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Edit:
    """Text that a recipe adds to a file of the package.

    Args:
        file: path relative to the package.
        before: text of the file, once in it; the addition precedes it.
        added: the addition.
    """

    file: str
    before: str
    added: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe, followed with an example.

    Args:
        heading: heading of the recipe in CONTRIBUTING.md.
        script: Python code that uses the example and fails if it does not work.
        edits: additions to files.
        files: new files, path relative to the package to content.
    """

    heading: str
    script: str
    edits: tuple[Edit, ...]
    files: Mapping[str, str] = field(default_factory=dict)
