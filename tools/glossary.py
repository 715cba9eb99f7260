"""Writer of docs/glossary.md from docs/glossary.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"

HEADER = """# Glossary

<!-- Written by `make glossary` from glossary.toml; edit that file. -->

Words that Vermeil defines itself. Code, command line, messages and documents use them only in
these senses.

| word | meaning |
|---|---|
"""


def glossary() -> str:
    """Return the glossary as Markdown, sorted by word."""
    entries = tomllib.loads((DOCS / "glossary.toml").read_text(encoding="utf-8"))
    ordered = sorted(entries.items(), key=lambda entry: entry[0].casefold())
    rows = [f"| **{word}** | {entry['meaning']} |\n" for word, entry in ordered]
    return HEADER + "".join(rows)


if __name__ == "__main__":
    (DOCS / "glossary.md").write_text(glossary(), encoding="utf-8")
