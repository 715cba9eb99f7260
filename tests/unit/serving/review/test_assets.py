"""Files of the review page: size, contrast, and nothing that the policy or a reader forbids."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import vermeil
from vermeil.serving.review.config import ReviewConfig

ASSETS = Path(vermeil.__file__).parent / "serving" / "review" / "assets"
FILES = sorted(ASSETS.iterdir())
COLOURS = (ASSETS / "colours.css").read_text(encoding="utf-8")
COMMANDS = (ASSETS / "commands.js").read_text(encoding="utf-8")


def variables(theme: str) -> dict[str, str]:
    """Return name and colour of a theme; dark has those of light that it does not change."""
    light, dark = COLOURS.split("prefers-color-scheme: dark")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return (
        found if theme == "light" else found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


LABELS = [f"label-{number}" for number in range(10)]
TEXTS = [
    *product(["ink"], ["page", "panel", "warn", "error", "cursor", *(f"{n}-back" for n in LABELS)]),
    *product(["faint"], ["page", "panel"]),
    ("link-ink", "link"),
]
LINES = [
    *product(["line", "focus", "link"], ["page", "panel"]),
    *((f"{name}-line", "page") for name in LABELS),
    *((f"{name}-line", f"{name}-back") for name in LABELS),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_lines_have_the_contrast_of_wcag_aa(theme: str) -> None:
    colours = variables(theme)
    found = {pair: contrast(*(colours[name] for name in pair)) for pair in (*TEXTS, *LINES)}
    assert {pair: ratio for pair in TEXTS if (ratio := found[pair]) < 4.5} == {}
    assert {pair: ratio for pair in LINES if (ratio := found[pair]) < 3} == {}


def test_dark_has_every_colour_of_its_own() -> None:
    dark = COLOURS.split("prefers-color-scheme: dark")[1]
    assert set(re.findall(r"--([\w-]+):", dark)) == set(variables("light"))


def test_the_page_is_small_and_its_files_are_short() -> None:
    assert sum(file.stat().st_size for file in FILES) < 100_000
    lines = {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert {name: number for name, number in lines.items() if number > 400} == {}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_markup_from_strings_no_inline_code_and_no_other_address(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
    ):
        assert forbidden not in text
    addresses = re.findall(r"https?://[^\s\"']+", text)
    assert [one for one in addresses if not one.startswith("http://www.w3.org/")] == []
    if file.suffix == ".html":
        assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
        assert re.findall(r"<style|\son\w+=|\sstyle=", text) == []


def test_every_key_and_button_has_a_command() -> None:
    known = set(re.findall(r"^  (\w+): (?:async )?\(", COMMANDS, re.MULTILINE))
    keys = (ASSETS / "keys.js").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:": "|\w: ")(\w+)"', keys)) | {
        "label",
        "move_boundary",
        "move_cursor",
    }
    buttons = re.findall(
        r'data-command="(\w+)"', (ASSETS / "index.html").read_text(encoding="utf-8")
    )
    assert named | set(buttons) <= known


def test_settings_have_a_description() -> None:
    assert all(field.description for field in ReviewConfig.model_fields.values())
