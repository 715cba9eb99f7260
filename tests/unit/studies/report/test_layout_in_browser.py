"""The page in a browser: no table is cut off on a usual screen, and dark colours have contrast."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from vermeil.studies.report.html import render
from vermeil.studies.results.load import results_from_record

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MEASURE = """<script>
const cut = [...document.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth);
const names = cut.map(e => e.getAttribute("aria-label"));
const wide = document.documentElement.scrollWidth > innerWidth;
document.body.textContent = "cut: " + names.join("; ") + (wide ? " page" : "") + ".";
</script></body>"""


def cut_tables(page: str, width: int, folder: Path) -> str:
    """Return the names of the tables that are wider than their place."""
    assert CHROMIUM is not None
    path = folder / "page.html"
    opened = page.replace("<details>", '<details open="open">')
    path.write_text(opened.replace("</body>", MEASURE), "utf-8")
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--window-size={width},900", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*command, path.as_uri()], capture_output=True, text=True, timeout=60, check=True
    )
    found = re.search(r"cut: ([^<]*)\.", done.stdout)
    assert found is not None
    return found[1]


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("width", [1280, 1440])
def test_no_table_is_cut_off(results: dict[str, Any], width: int, tmp_path: Path) -> None:
    page = render(results_from_record(results))
    assert cut_tables(page, width, tmp_path) == ""
    narrow = page.replace("max-width: 1180px", "max-width: 640px")
    assert "Scores by regimen" in cut_tables(narrow, width, tmp_path)


def palette() -> dict[str, dict[str, str]]:
    sheet = (files("vermeil.studies.report") / "templates/palette.css").read_text("utf-8")
    parts = sheet.split("@media")
    return {
        name: dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", part))
        for name, part in zip(("light", "dark"), parts, strict=True)
    }


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["--paper", "--wash", "--gold-wash", "--caution-wash"])
@pytest.mark.parametrize(
    "text", ["--ink", "--soft", "--gold-deep", "--significant", "--caution", "--neutral"]
)
def test_text_has_the_contrast_of_wcag_aa(scheme: str, ground: str, text: str) -> None:
    colours = palette()[scheme]
    assert contrast(colours[text], colours[ground]) >= 4.5


def test_both_schemes_have_the_same_colours() -> None:
    light, dark = palette().values()
    assert light.keys() == dark.keys()
