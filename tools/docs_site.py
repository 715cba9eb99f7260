"""Build the documentation site, strictly: ``make docs``.

The pages in ``docs/`` stay plain Markdown. This tool copies them to ``build/docs``, adds the pages
that are generated (API reference, contributing, changes) and ``llms.txt``, writes the navigation,
and calls Zensical in strict mode, which fails on dead links.

    python tools/docs_site.py [--no-build]
"""

from __future__ import annotations

import argparse
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import tomlkit

import vermeil

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "docs"
BUILD = ROOT / "build"
PAGES, SITE = "docs", "site"
STYLE = "site.css"
COPIED = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "examples/README.md": "examples.md",
}
"""Pages outside ``docs/`` that the site has, too, and their names on it."""
FILES = {".svg", ".png", ".json", ".csv", ".jpg"}
"""Endings of the files in ``docs/`` that pages link to."""

SECTIONS: dict[str, tuple[str, ...]] = {
    "Start": ("index", "install", "tutorial"),
    "How to": (
        *("from-plain-text", "own-data", "corpora", "teachers", "servers", "local"),
        *("costs", "better-annotation", "optimize", "rank", "review", "loop"),
        *("classification", "labels", "nested", "relations", "documents", "gliner"),
        *("use", "serving", "hub", "python", "examples", "cluster", "closed-network"),
    ),
    "Concepts": ("regimens", "selection", "statistics", "study-report", "paper", "glossary"),
    "Results": (),
    "Reference": ("configuration", "architecture", "request-to-annotation", "student-internals"),
    "Project": ("contributing", "changes"),
}
"""Pages of each section, in order; names without a file are left out. Pages in ``results/`` and
``decisions/`` and of the API follow by themselves, and any other page stands under How to."""

API_GROUPS = ("functions", "data", "configuration", "reports", "errors")


def main() -> None:
    """Write the pages and build the site."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-build", action="store_true", help="write the pages only")
    write_pages(BUILD)
    if not parser.parse_args().no_build:
        sys.exit(build_site(BUILD))


def write_pages(folder: Path) -> None:
    """Write pages, files, navigation and configuration of the site into ``folder``."""
    pages = folder / PAGES
    shutil.rmtree(pages, ignore_errors=True)
    for path in sorted(SOURCE.rglob("*")):
        target = pages / site_name(path.relative_to(SOURCE).as_posix())
        if path.suffix in FILES:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        elif path.suffix == ".md":
            _write(target, on_site(path))
    for source, name in COPIED.items():
        _write(pages / name, on_site(ROOT / source))
    for name, text in api_pages().items():
        _write(pages / "api" / f"{name}.md", text)
    _write(pages / "llms.txt", llms_text(pages))
    config = tomlkit.parse((ROOT / "tools/zensical.toml").read_text("utf-8"))
    project = config["project"]
    project["nav"] = navigation(pages)
    project["docs_dir"], project["site_dir"] = PAGES, SITE
    shutil.copyfile(ROOT / "tools" / STYLE, pages / STYLE)
    project["extra_css"] = [STYLE]
    project["plugins"]["mkdocstrings"]["handlers"]["python"]["paths"] = [str(ROOT / "src")]
    _write(folder / "zensical.toml", tomlkit.dumps(config))


def build_site(folder: Path) -> int:
    """Build the site in strict mode; return the exit code."""
    shutil.rmtree(folder / SITE, ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    found = subprocess.run([*command, "-f", str(folder / "zensical.toml")], check=False)
    if found.returncode == 0:
        shutil.copyfile(folder / PAGES / "llms.txt", folder / SITE / "llms.txt")
        print(f"site: {folder / SITE / 'index.html'}")
    return found.returncode


def site_name(name: str) -> str:
    """Return the name of a page on the site: a README is the index of its folder."""
    path = PurePosixPath(name)
    return str(path.with_name("index.md")) if path.name == "README.md" else name


def on_site(page: Path) -> str:
    """Return the text of a page with links that work on the site.

    Links to pages and files of the site become relative to its place there. Links to other files
    of the repository have no target on the site: their text stays.
    """
    own = _place(page)
    assert own is not None

    def link(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        if re.match(r"[a-z]+:", target) or not target:
            return found[0]
        place = _place((page.parent / target).resolve())
        if place is None:
            return text.removeprefix("!").strip("[]")
        relative = os.path.relpath(place, PurePosixPath(own).parent)
        return f"{text}({PurePosixPath(relative)}{anchor})"

    pattern = r"(!?\[[^\]]*\])\(([^)\s#]*)(#[^)\s]*)?\)"
    # Every second part is a code block, which stays as it is.
    parts = re.split(r"(^```.*?^```)", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return "".join(
        part if number % 2 else re.sub(pattern, link, part) for number, part in enumerate(parts)
    )


def _place(path: Path) -> str | None:
    """Return the name on the site of a file of the repository; None if it has none."""
    if path.is_relative_to(SOURCE):
        name = path.relative_to(SOURCE).as_posix()
        if path.is_dir():
            return f"{name}/index.md" if (path / "README.md").exists() else None
        return site_name(name) if path.suffix in {".md", *FILES} else None
    if not path.is_relative_to(ROOT):
        return None
    name = path.relative_to(ROOT).as_posix()
    return "index.md" if name == "README.md" else COPIED.get(name)


def api_pages() -> dict[str, str]:
    """Return the pages of the API reference by name: each public name with its signature."""
    groups: dict[str, list[str]] = {name: [] for name in API_GROUPS}
    for name in sorted(vermeil.__all__):
        groups[_api_group(name)].append(name)
    texts = {
        "functions": "Every verb of the command line is a function of the same name.",
        "data": "Documents, students and the bundles that functions take.",
        "configuration": "The sections of `vermeil.toml`, for use in Python.",
        "reports": "What the functions return.",
        "errors": "All errors are `vermeil.errors.VermeilError`.",
    }
    pages = {}
    for group, names in groups.items():
        parts = [f"# API: {group}", texts[group]]
        parts += [f"::: vermeil.{name}" for name in names]
        pages[group] = "\n\n".join(parts) + "\n"
    listed = [
        f"- [{group}]({group}.md): " + ", ".join(f"`{name}`" for name in names)
        for group, names in groups.items()
    ]
    intro = "`import vermeil` offers every name of these pages; each is loaded on first use."
    pages["index"] = "\n".join(["# API", "", intro, "", *listed, ""])
    return pages


def _api_group(name: str) -> str:
    value = getattr(vermeil, name)
    if name == "errors" or (inspect.isclass(value) and issubclass(value, BaseException)):
        return "errors"
    if inspect.isfunction(value):
        return "functions"
    if name.endswith("Config"):
        return "configuration"
    return "reports" if re.search(r"Report$|Result$|Results$|Stats$|Score$", name) else "data"


def navigation(pages: Path) -> list[dict[str, object]]:
    """Return the navigation: every page once.

    Args:
        pages: the folder of the pages.
    """
    every = {path.relative_to(pages).as_posix() for path in pages.rglob("*.md")}
    groups = {name: [f"{page}.md" for page in names] for name, names in SECTIONS.items()}
    groups = {name: [page for page in listed if page in every] for name, listed in groups.items()}
    for folder, section in {"results/": "Results", "decisions/": "Project"}.items():
        groups[section] += sorted(
            (page for page in every if page.startswith(folder)),
            key=lambda page: (not page.endswith("index.md"), page),
        )
    groups["API"] = [f"api/{name}.md" for name in ("index", *API_GROUPS)]
    placed = {page for listed in groups.values() for page in listed}
    groups["How to"] += sorted(every - placed)
    order = ("Start", "How to", "Concepts", "Results", "Reference", "API", "Project")
    return [
        {section: [{title_of(pages / page): page} for page in groups[section]]}
        for section in order
        if groups[section]
    ]


def title_of(page: Path) -> str:
    """Return the first heading of a page, without markup."""
    found = re.search(r"^# (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return found[1].replace("`", "") if found else page.stem


def llms_text(pages: Path) -> str:
    """Return ``llms.txt``: a list of the pages with their first sentences, for language models."""
    lines = [
        "# Vermeil",
        "",
        "> Vermeil turns the annotations of a large language model and a few of people into a "
        "small, fast, private model for named entities, text classes and relations.",
    ]
    for group in navigation(pages):
        for section, entries in group.items():
            lines += ["", f"## {section}", ""]
            assert isinstance(entries, list)
            for entry in entries:
                for title, page in entry.items():
                    lines.append(f"- [{title}]({page}): {_summary(pages / page)}")
    return "\n".join(lines) + "\n"


def _summary(page: Path) -> str:
    """Return the first sentence of a page's first paragraph, without links."""
    for paragraph in page.read_text("utf-8").split("\n\n")[1:]:
        text = " ".join(paragraph.split())
        if text and text[0] not in "#|`!<-:[":
            plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
            return re.split(r"(?<=[.:]) ", plain, maxsplit=1)[0]
    return title_of(page)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
