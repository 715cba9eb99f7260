"""Check that a tag may be released: python tools/release.py v0.2.0.

The version of the package, of CITATION.cff and of the changelog is that of the tag, and
``project.urls`` has the home of the project.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def problems(tag: str, root: Path) -> list[str]:
    """Return what must change before a tag is released; empty if nothing."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    cited = re.search(r"^version: (.+)$", (root / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    changes = (root / "CHANGELOG.md").read_text("utf-8")
    version, found = tag.removeprefix("v"), []
    if project["version"] != version:
        found.append(f"pyproject.toml: version is {project['version']}; set it to {version}")
    if cited is None or cited[1] != version:
        found.append(f"CITATION.cff: set version to {version}")
    heading = re.search(rf"^## \[{re.escape(version)}\](.*)$", changes, re.MULTILINE)
    if heading is None or "unreleased" in heading[1]:
        found.append(f"CHANGELOG.md: add a section [{version}] with the date of the release")
    if "Home" not in project["urls"]:
        found.append("pyproject.toml: add Home to [project.urls], the address of the project")
    return found


def main() -> int:
    """Print the problems of the tag on the command line; return 1 if there are some."""
    found = problems(sys.argv[1], ROOT)
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
