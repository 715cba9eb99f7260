"""Invariants of location for all texts and mentions."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vermeil.data.document import Document, Span
from vermeil.data.mention import Mention, Status, Tier
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.abstention import annotation_from_mentions
from vermeil.tasks.ner.alignment.fuzzy import find_fuzzy, max_edits
from vermeil.tasks.ner.alignment.glued import is_glued_name
from vermeil.tasks.ner.alignment.intervals import select_disjoint
from vermeil.tasks.ner.alignment.marked import locate_marked
from vermeil.tasks.ner.alignment.mentions import locate
from vermeil.tasks.ner.alignment.normalise import folded, letters, spaced
from vermeil.tasks.ner.alignment.occurrences import find_occurrences, is_attached, is_whole_word
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText
from vermeil.tasks.ner.task import NerTask

CONFIG = TaskConfig(labels={"PER": {}, "LOC": {}, "ORG": {}})
LABELS = LabelSet.from_config(CONFIG)
TASK = NerTask(CONFIG)

ALPHABET = "aAbB7 .-’'\n\u00ade\u0301é日本서울לابİßﬁ😀"
labels = st.sampled_from(LABELS.names)
scraps = st.text(alphabet=ALPHABET, max_size=14) | st.text(max_size=8)
any_mention = st.builds(
    Mention,
    st.text(alphabet=ALPHABET, max_size=4) | st.text(max_size=3),
    labels | st.just("nonsense"),
    st.none() | st.integers(-1, 4),
)
policies = st.sampled_from(["all", "first", "abstain"])


@st.composite
def replies(draw: st.DrawFn, max_size: int = 8, min_size: int = 0) -> tuple[str, list[Mention]]:
    """A text, and mentions many of which are made of its parts."""
    text = draw(scraps)
    part = st.tuples(st.integers(0, len(text)), st.integers(1, 6)).map(
        lambda p: text[p[0] :][: p[1]]
    )
    like = st.builds(Mention, part.flatmap(changed), labels, st.none() | st.integers(1, 3))
    return text, draw(st.lists(any_mention | like, min_size=min_size, max_size=max_size))


def changed(surface: str) -> st.SearchStrategy[str]:
    ways = [surface, surface.upper(), surface.lower(), f" {surface}", surface.replace(" ", "\n")]
    return st.sampled_from(ways)


def holds(text: str, span: Span, surface: str, tier: Tier | None) -> bool:
    """Return whether a span matches its tier."""
    found = text[span.start : span.end]
    if tier is Tier.RAW:
        return found == surface
    if tier is Tier.SPACED:
        return spaced(found).text == spaced(surface).text
    if tier is Tier.FOLDED:
        return folded(found).text == folded(surface).text
    if tier is Tier.LETTERS:
        return letters(folded(found)).text == letters(folded(surface)).text
    if tier is Tier.ATTACHED:
        return is_attached(text, (span.start, span.end))
    if tier is Tier.POSSESSIVE:
        return letters(folded(found)).text + "s" == letters(folded(surface)).text
    if tier is Tier.GLUED:
        return is_glued_name(text, (span.start, span.end))
    return tier is Tier.EDITED


@settings(max_examples=300)
@given(case=replies(), repeats=policies)
def test_every_mention_has_one_outcome_and_accepted_spans_are_what_they_claim(
    case: Any, repeats: Any
) -> None:
    text, mentions = case
    located = locate(text, mentions, LABELS, repeats)
    assert [one.mention for one in located] == mentions
    by_tier = {
        Tier.RAW: Status.EXACT,
        Tier.ATTACHED: Status.FUZZY,
        Tier.EDITED: Status.FUZZY,
        Tier.GLUED: Status.FUZZY,
        None: Status.NOT_FOUND,
    }
    for one in located:
        assert (one.status is Status.NOT_FOUND) <= (one.tier is None)
        assert one.additional_spans == () or one.span is not None
        for span in one.spans:
            assert one.status in (by_tier.get(one.tier, Status.NORMALISED), Status.AMBIGUOUS)
            assert span.status == one.status.value
            assert span.label == LABELS.normalise(one.mention.label)
            assert (span.start, span.end) in one.occurrences
            within_words = one.tier in (Tier.ATTACHED, Tier.GLUED)
            assert within_words or is_whole_word(text, (span.start, span.end))
            assert holds(text, span, one.mention.surface, one.tier)
    annotation = annotation_from_mentions(located, "abstain")
    TASK.check(Document("d", text, annotation=annotation))
    for start, end in annotation.abstain:
        assert not any(s.start < end and start < s.end for s in annotation.spans or ())


def occupied(located: Any) -> Any:
    return sorted(s.key for one in located for s in one.spans)


@settings(max_examples=300)
@given(data=st.data(), case=replies(), repeats=policies)
def test_the_order_of_mentions_never_changes_the_set_of_spans(
    data: st.DataObject, case: Any, repeats: Any
) -> None:
    text, mentions = case
    mentions = [Mention(m.surface, "PER", m.occurrence) for m in mentions]
    shuffled = data.draw(st.permutations(mentions))
    here, there = locate(text, mentions, LABELS, repeats), locate(text, shuffled, LABELS, repeats)
    assert occupied(here) == occupied(there)
    assert sorted(one.status for one in here) == sorted(one.status for one in there)


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """A text of words, and disjoint spans of whole words in it."""
    words = draw(st.lists(st.sampled_from(["Ann", "Rome", "x", "Zoë", "New"]), max_size=12))
    starts = [sum(len(w) + 1 for w in words[:n]) for n in range(len(words))]
    cuts = sorted(draw(st.sets(st.integers(0, len(words)), max_size=8)))
    spans = [
        Span(starts[first], starts[end - 1] + len(words[end - 1]), draw(labels))
        for first, end in itertools.pairwise(cuts)
        if draw(st.booleans())
    ]
    return " ".join(words), spans


@given(planted(), st.data())
def test_saying_each_span_with_its_occurrence_in_any_order_gives_back_the_spans(
    case: Any, data: st.DataObject
) -> None:
    text, spans = case
    mentions = [
        Mention(
            surface, span.label, find_occurrences(text, surface).index((span.start, span.end)) + 1
        )
        for span in spans
        for surface in [text[span.start : span.end]]
    ]
    located = locate(text, data.draw(st.permutations(mentions)), LABELS)
    assert sorted(s.key for one in located for s in one.spans) == [s.key for s in spans]
    assert {one.status for one in located} <= {Status.EXACT}


@given(planted())
def test_marks_of_a_faithful_copy_give_back_the_spans(case: Any) -> None:
    text, spans = case
    located = locate_marked(text, InlineMarkedText.from_spans(text, spans), LABELS)
    assert located is not None
    assert [one.span and one.span.key for one in located] == [span.key for span in spans]


@given(text=scraps, copy=scraps, data=st.data(), partial=st.booleans())
def test_marks_of_any_copy_are_sound_or_the_copy_is_rejected(
    text: str, copy: str, data: st.DataObject, partial: bool
) -> None:
    ends = st.tuples(st.integers(0, len(copy)), st.integers(0, len(copy))).map(sorted)
    marks = data.draw(st.lists(st.builds(lambda e, n: (*e, n), ends, labels), max_size=4))
    marked = InlineMarkedText(copy, tuple(InlineMark(*m) for m in marks if m[0] < m[1]))
    located = locate_marked(text, marked, LABELS, partial)
    if located is None:
        assert copy != text
        return
    assert [one.mention.label for one in located] == [mark.label for mark in marked.marks]
    for one in located:
        for span in one.spans:
            assert holds(text, span, one.mention.surface, one.tier)
    TASK.check(Document("d", text, annotation=annotation_from_mentions(located, "abstain")))


def distance(one: str, other: str) -> int:
    """Levenshtein distance, as in the textbook."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row = row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(row[-1] + 1, previous[j] + 1, previous[j - 1] + (a != b)))
    return row[-1]


@settings(max_examples=200)
@given(
    words=st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=9), data=st.data()
)
def test_the_filter_for_edits_misses_no_place(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    needle = " ".join(words[first : data.draw(st.integers(first + 1, len(words)))])
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(needle)))
        needle = needle[:at] + data.draw(st.sampled_from(["", "a", "b"])) + needle[at + 1 :]
    ends = list(itertools.accumulate(len(word) + 1 for word in words))
    starts = [0, *ends[:-1]]
    windows = [(s, e - 1) for s in starts for e in ends if s < e - 1]
    near = {(s, e): distance(needle, text[s:e]) for s, e in windows}
    best = min(near.values())
    found = find_fuzzy(text, folded(text), needle)
    if not needle or not needle[0].isalpha() or not needle[-1].isalpha():
        return
    if best > max_edits(len(needle)):
        assert found is None
    elif max_edits(len(needle)):
        assert found is not None
        assert found.distance == best
        assert {near[place] for place in found.occurrences} == {best}


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 8), st.integers(1, 4)).map(lambda p: (p[0], p[0] + p[1])),
        st.integers(1, 9),
        max_size=7,
    )
)
def test_the_schedule_is_the_heaviest_of_all_choices(weights: Any) -> None:
    def fits(choice: Any) -> Any:
        return all(a[1] <= b[0] or b[1] <= a[0] for a, b in itertools.combinations(choice, 2))

    every = (c for n in range(len(weights) + 1) for c in itertools.combinations(weights, n))
    best = max((sum(weights[p] for p in c), -len(c)) for c in every if fits(c))
    kept = select_disjoint(weights)
    assert fits(kept)
    assert (sum(weights[p] for p in kept), -len(kept)) == best


@settings(max_examples=300)
@given(st.text(alphabet=ALPHABET + "\u3000\u200b\u0e33ｶﾞ각", max_size=12) | st.text(max_size=10))
def test_views_know_where_every_character_came_from(text: str) -> None:
    for view in (spaced(text), folded(text), letters(folded(text))):
        assert len(view.starts) == len(view.ends) == len(view.text)
        assert list(view.starts) == sorted(view.starts)
        assert all(0 <= s < e <= len(text) for s, e in zip(view.starts, view.ends, strict=True))
    assert spaced(spaced(text).text).text == spaced(text).text
