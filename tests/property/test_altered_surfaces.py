"""Surfaces that a teacher altered at their ends are located where the name is."""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Collection
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from vermeil.data.mention import Mention
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.marked import locate_marked
from vermeil.tasks.ner.alignment.mentions import locate
from vermeil.tasks.ner.alignment.tiers import SurfaceFinder
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText

LABELS = LabelSet.from_config(TaskConfig(labels={"PER": {}}))
WORDS = ("Varnby", "Quell", "Ilse", "Zoë", "Brücke", "of", "the", "and", "Ó’Dálaigh", "A&B", "12th")
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)
plain = st.lists(
    st.sampled_from(("met", "saw", "near", "Otto", "today", "(new)", "so,")), max_size=4
)
names = words.map(" ".join) | st.builds(
    lambda name, short: f"{' '.join(name)} ({short})", words, st.sampled_from(("OTB", "UK"))
)


def sources(text: str, surface: str) -> Collection[tuple[int, int]]:
    """The characters of every occurrence that is accepted for a surface."""
    hits = SurfaceFinder(text).find(surface)
    return hits.occurrences if hits.tier else ()


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, tuple[int, int]]:
    """A text with a name in it, and the range of the name."""
    name, before = draw(names), " ".join(draw(plain))
    text = f"{before} {name}".strip()
    start = len(text) - len(name)
    after = " ".join(draw(plain))
    return f"{text} {after}".strip() + draw(st.sampled_from((".", "", " ."))), (
        start,
        start + len(name),
    )


ALTERATIONS: dict[str, Callable[[str], str]] = {
    "entity": html.escape,
    "numeric entities": lambda s: "".join(f"&#{ord(c)};" if c in "&’ë" else c for c in s),
    "twice escaped": lambda s: html.escape(html.escape(s)),
    "full stop": lambda s: f"{s}.",
    "blank and full stop": lambda s: f"{s} .",
    "comma": lambda s: f"{s},",
    "possessive": lambda s: f"{s}'s",
    "typographic possessive": lambda s: f"{s}’s",
    "quotes": lambda s: f"“{s}”",
    "other quotes": lambda s: s.replace("’", "'"),
    "blanks in parentheses": lambda s: s.replace("(", "( ").replace(")", " )"),
    "no blank before a parenthesis": lambda s: s.replace(" (", "("),
}


@example(("of (UK).", (0, 7)), "no blank before a parenthesis")
@given(texts(), st.sampled_from(sorted(ALTERATIONS)))
def test_an_altered_surface_is_located_at_its_span(
    case: tuple[str, tuple[int, int]], way: str
) -> None:
    text, (start, end) = case
    surface = ALTERATIONS[way](text[start:end])
    found = sources(text, surface)
    assert (start, end) in found
    same = text[start:end].casefold()
    assert {text[slice(*one)].casefold() for one in found} == {same}


@example(("A&B Varnby (OTB).", (0, 16)), "full stop")
@given(texts(), st.sampled_from(("full stop", "quotes", "possessive", "entity")))
def test_escaped_texts_and_altered_surfaces_give_whole_words(
    case: tuple[str, tuple[int, int]], way: str
) -> None:
    text, (start, end) = case
    escaped = html.escape(text[:start]), html.escape(text[start:end]), html.escape(text[end:])
    place = len(escaped[0]), len(escaped[0]) + len(escaped[1])
    assert place in sources("".join(escaped), ALTERATIONS[way](text[start:end]))


@given(texts(), st.sampled_from((".", ",", ")", "”", "...")))
def test_a_span_never_ends_with_punctuation_of_the_sentence(case: Any, mark: Any) -> None:
    text, (start, end) = case
    longer = f"{text[:end]}{mark} Then {text[end:]}"
    assert (start, end) in sources(longer, longer[start : end + len(mark)])


@given(texts(), st.integers(0, 2**32))
def test_a_copy_with_a_mend_has_the_marks_of_its_text(case: Any, seed: int) -> None:
    text, (start, end) = case
    shuffled = random.Random(seed)
    mend = shuffled.choice(("She hte the mayor of it ", "She met met the mayor of it "))
    right = "She the the mayor of it " if "hte" in mend else "She met the mayor of it "
    original, copy = mend + text, right + text
    mark = InlineMark(len(right) + start, len(right) + end, "PER")
    located = locate_marked(original, InlineMarkedText(copy, (mark,)), LABELS)
    assert located is not None
    assert [span.key for one in located for span in one.spans] == [
        (len(mend) + start, len(mend) + end, "PER")
    ]


@given(texts())
def test_the_full_stop_and_its_absence_mean_the_same(case: Any) -> None:
    text, (start, end) = case
    name = text[start:end]
    bare, stopped = (locate(text, [Mention(s, "PER")], LABELS) for s in (name, f"{name}."))
    assert {s.key for one in bare for s in one.spans} == {
        s.key for one in stopped for s in one.spans
    }
