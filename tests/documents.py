"""Documents of every kind, for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from vermeil.data.document import Annotation, Document, LabelAbstention, Span
from vermeil.data.relation import PairAbstention, Relation

LABELS = st.sampled_from(["PER", "LOC", "a-b", "né", "two words"])
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("ab #\t\r\n\ufeff\u2028-_")
TEXTS = st.text(CHARACTERS, max_size=30)
NAMES = st.text(CHARACTERS, min_size=1, max_size=8)
SHARES = st.none() | st.floats(0, 1)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def ranges(draw: st.DrawFn, size: int, *, apart: bool) -> list[tuple[int, int]]:
    points = draw(st.lists(st.integers(0, size), max_size=8))
    if apart:
        points = sorted(set(points))
    return [(a, b) for a, b in zip(points[::2], points[1::2], strict=False) if a < b]


@st.composite
def some_relations(draw: st.DrawFn, size: int) -> tuple[Relation, ...]:
    """Relations between the spans of a document, without repeated ones."""
    if size < 2:
        return ()
    numbers = st.integers(0, size - 1)
    pairs = st.tuples(numbers, numbers, LABELS).filter(lambda pair: pair[0] != pair[1])
    keys = draw(st.lists(pairs, max_size=3, unique=True))
    return tuple(Relation(*key, score=draw(SHARES)) for key in keys)


@st.composite
def some_pairs(draw: st.DrawFn, size: int) -> tuple[PairAbstention, ...]:
    """Abstentions for pairs of the spans of a document."""
    ends = st.none() | st.integers(0, size - 1) if size else st.none()
    pairs = st.tuples(ends, ends, st.none() | LABELS)
    different = pairs.filter(lambda pair: pair[0] is None or pair[0] != pair[1])
    return tuple(PairAbstention(*pair) for pair in draw(st.lists(different, max_size=2)))


@st.composite
def some_annotations(draw: st.DrawFn, size: int) -> Annotation:
    spans = None
    if draw(st.booleans()):
        spans = tuple(
            Span(
                start,
                end,
                draw(LABELS),
                score=draw(SHARES),
                weight=draw(SHARES),
                status=draw(st.none() | NAMES),
                origin=draw(st.none() | NAMES),
                soft=draw(st.none() | st.dictionaries(LABELS, st.floats(0, 1), max_size=2)),
            )
            for start, end in draw(ranges(size, apart=False))
        )
    relations = draw(st.none() | some_relations(len(spans or ())))
    labels = draw(st.none() | st.lists(LABELS, max_size=2).map(tuple))
    abstain = tuple(draw(ranges(size, apart=False)))
    pairs = draw(some_pairs(len(spans or ())))
    unknown = tuple(draw(st.lists(label_abstentions(size), max_size=2)))
    scores = draw(st.none() | st.dictionaries(LABELS, st.floats(0, 1), max_size=2))
    return Annotation(spans, labels, relations, abstain, pairs, unknown, scores)


@st.composite
def label_abstentions(draw: st.DrawFn, size: int) -> LabelAbstention:
    labels = tuple(draw(st.lists(LABELS, min_size=1, max_size=2)))
    start = draw(st.integers(0, size))
    end = draw(st.none() | st.integers(start + 1, size)) if start < size else None
    return LabelAbstention(labels, start, end)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(TEXTS)
    return Document(
        id=draw(NAMES),
        text=text,
        group=draw(st.none() | NAMES),
        tokens=draw(st.none() | ranges(len(text), apart=True).map(tuple)),
        annotation=draw(some_annotations(len(text))),
        weight=draw(SHARES),
        meta=draw(st.dictionaries(NAMES, JSON, max_size=2)),
    )


@st.composite
def tagged_documents(draw: st.DrawFn) -> Document:
    """What a format of words and tags can hold, white space between the words included."""
    gap = st.sampled_from(["", " ", "  ", "\u00a0"])
    word = st.text(st.sampled_from("ab#-_é\U0001f600"), min_size=1, max_size=4)
    text, tokens = draw(gap), []
    for part in draw(st.lists(word, min_size=1, max_size=6)):
        tokens.append((len(text), len(text) + len(part)))
        text += part + draw(gap)
    spans = None
    if draw(st.booleans()):
        cuts = draw(ranges(len(tokens), apart=True))
        spans = tuple(Span(tokens[a][0], tokens[b - 1][1], draw(LABELS)) for a, b in cuts)
    name = st.sampled_from(["x-0", "x-1", "x-2", "some", "# id = 3", "a b ", "é"])
    return Document(
        draw(name), text, draw(st.none() | name), tuple(tokens), Annotation(spans=spans)
    )


def unique(strategy: Any, max_size: Any = 3) -> Any:
    return st.lists(strategy, min_size=1, max_size=max_size, unique_by=lambda d: d.id)
