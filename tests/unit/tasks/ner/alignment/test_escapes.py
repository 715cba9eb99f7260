"""Escapes that a teacher wrote literally."""

from __future__ import annotations

import pytest

from vermeil.data.mention import Tier
from vermeil.tasks.ner.alignment.escapes import decode_escapes
from vermeil.tasks.ner.alignment.tiers import SurfaceFinder


@pytest.mark.parametrize(
    ("written", "decoded"),
    [
        (r"Jos\u00e9", "José"),
        (r"Jos\\u00e9", "José"),
        (r"Jos\xe9", "José"),
        (r"\ud83d\ude00 Bar", "\U0001f600 Bar"),
        (r"\U0001F600", "\U0001f600"),
        (r"Bad\nEms", "Bad\nEms"),
        (r"\"Stern\"", '"Stern"'),
        (r"O\'Dowd", "O'Dowd"),
        (r"AC\/DC", "AC/DC"),
        ("plain", "plain"),
        (r"\ud83d alone", r"\ud83d alone"),
        (r"\UFFFFFFFF", r"\UFFFFFFFF"),
        (r"end\\", r"end\\"[:4]),
        ("Bell &amp; Lee", "Bell & Lee"),
        ("Bell &amp;amp;amp; Lee", "Bell & Lee"),
        ("O&#39;Dowd &#x27;", "O'Dowd '"),
        ("Zo&euml; &lt;3", "Zoë <3"),
        ("AT&T; R&D", "AT&T; R&D"),
    ],
)
def test_escapes_of_json_and_python_are_decoded(written: str, decoded: str) -> None:
    assert decode_escapes(written) == decoded


@pytest.mark.parametrize(
    ("text", "surface", "found"),
    [
        ("José Roa won", r"Jos\u00e9 Roa", "José Roa"),
        ("Bad\nEms won", r"Bad\nEms", "Bad\nEms"),
        ("the \U0001f600 Bar", r"\ud83d\ude00 Bar", "\U0001f600 Bar"),
        ("JOSÉ ROA WON", r"Jos\u00e9 Roa", "JOSÉ ROA"),
    ],
)
def test_a_surface_that_was_escaped_twice_is_found(text: str, surface: str, found: str) -> None:
    matches = SurfaceFinder(text).find(surface)
    assert (matches.tier, [text[slice(*one)] for one in matches.occurrences]) == (
        Tier.FOLDED,
        [found],
    )


def test_a_backslash_of_the_text_is_found_as_it_is() -> None:
    text = r"open C:\new now"
    matches = SurfaceFinder(text).find(r"C:\new")
    assert (matches.tier, matches.occurrences) == (Tier.RAW, ((5, 11),))
    assert SurfaceFinder("Bo won").find(r"\n").tier is None


def test_nested_escapes_are_decoded_once() -> None:
    assert SurfaceFinder("a b").find("\\" + "u005c" * 5000).tier is None


@pytest.mark.parametrize(
    ("text", "surface", "found"),
    [
        ("Bell & Lee won", "Bell &amp; Lee", "Bell & Lee"),
        ("Bell &amp; Lee won", "Bell & Lee", "Bell &amp; Lee"),
        ("Bell &amp; Lee won", "Bell &#38; Lee", "Bell &amp; Lee"),
        ("Bell &amp; Lee won", "bell & lee", "Bell &amp; Lee"),
        ("at O'Dowd's", "O&#39;Dowd", "O'Dowd"),
        ("Zo&euml; won", "Zoë", "Zo&euml;"),
    ],
)
def test_html_entities_of_either_side_do_not_count(text: str, surface: str, found: str) -> None:
    matches = SurfaceFinder(text).find(surface)
    assert (matches.tier, [text[slice(*one)] for one in matches.occurrences]) == (
        Tier.FOLDED,
        [found],
    )


def test_an_entity_that_the_text_has_itself_is_exact() -> None:
    matches = SurfaceFinder("write Bell &amp; Lee here, Bell & Lee").find("Bell &amp; Lee")
    assert (matches.tier, matches.occurrences) == (Tier.RAW, ((6, 20),))
    assert SurfaceFinder("Zo&euml;l won").find("Zoë").tier is None
