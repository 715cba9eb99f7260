"""Images of the documentation: the report of the demo's study, and a verb in a terminal.

With VERMEIL_SCREENSHOTS=docs/images, they are written there. VERMEIL_DEMO names the folder of a
whole demo to show; without it, a demo with two small cells is run.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from rich.text import Text
from tests.e2e.conftest import STYLES, command, on_terminal
from tests.integration.test_demo import small_settings
from tests.screenshots import take_screenshot

from vermeil.demo import run_demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
LARGEST_TERMINAL = 60_000
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace;
 font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Frame of the image: as Rich's own, but with fonts of the reader's machine, since a page of the
documentation loads nothing from elsewhere."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a demo."""
    if given := os.environ.get("VERMEIL_DEMO"):
        return Path(given)
    folder = tmp_path_factory.mktemp("images") / "vermeil-demo"
    console = Console(file=io.StringIO(), width=100)
    run_demo(folder, console=console, settings=small_settings())
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Return the folder for the images."""
    folder = Path(os.environ.get("VERMEIL_SCREENSHOTS") or tmp_path / "images")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_report_is_not_cut_off_and_has_dark_colours(
    browser: Browser, demo: Path, images: Path
) -> None:
    address = (demo / "study" / "report.html").resolve().as_uri()
    backgrounds = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(
            color_scheme=scheme,
            viewport={"width": 1280, "height": 860},
        )
        page = context.new_page()
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        backgrounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        if scheme == "light":
            take_screenshot(page, images / "report.png")
        context.close()
    assert backgrounds["light"] != backgrounds["dark"]


def test_a_verb_in_a_terminal(demo: Path, images: Path, tmp_path: Path) -> None:
    words = ("evaluate", "study/model", "newswire/test.jsonl")
    done = on_terminal(command(*words), demo, tmp_path / "stderr")
    assert done.returncode == 0, done.stderr
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"$ vermeil {' '.join(words)}\n{done.stdout.rstrip()}"))
    path = images / "terminal.svg"
    console.save_svg(str(path), title="vermeil", code_format=FRAME, unique_id="vermeil")
    text = path.read_text("utf-8")
    assert len(text) <= LARGEST_TERMINAL
    assert re.findall(r"(?:url|src|href)\W+https?:", text) == []
    assert "overall" in text
    assert max(len(line) for line in STYLES.sub("", done.stdout).splitlines()) <= 80
