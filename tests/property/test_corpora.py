from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vermeil.corpora import (
    CorpusConfig,
    document_from_record,
    document_to_record,
    find_leaks,
    read_corpus,
    split_corpus,
    write_corpus,
)
from vermeil.data.document import Annotation, Document, Relation, Span

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
def ranges(draw, size: int, *, apart: bool) -> list[tuple[int, int]]:
    points = draw(st.lists(st.integers(0, size), max_size=8))
    if apart:
        points = sorted(set(points))
    return [(a, b) for a, b in zip(points[::2], points[1::2], strict=False) if a < b]


@st.composite
def annotations(draw, size: int) -> Annotation:
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
    numbers = st.integers(0, max(len(spans or ()) - 1, 0))
    relation = st.builds(Relation, numbers, numbers, LABELS)
    relations = draw(st.none() | st.lists(relation, max_size=3 if spans else 0).map(tuple))
    labels = draw(st.none() | st.lists(LABELS, max_size=2).map(tuple))
    return Annotation(spans, labels, relations, tuple(draw(ranges(size, apart=False))))


@st.composite
def documents(draw) -> Document:
    text = draw(TEXTS)
    return Document(
        id=draw(NAMES),
        text=text,
        group=draw(st.none() | NAMES),
        tokens=draw(st.none() | ranges(len(text), apart=True).map(tuple)),
        annotation=draw(annotations(len(text))),
        weight=draw(SHARES),
        meta=draw(st.dictionaries(NAMES, JSON, max_size=2)),
    )


@st.composite
def tagged_documents(draw) -> Document:
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


def unique(strategy, max_size=3):
    return st.lists(strategy, min_size=1, max_size=max_size, unique_by=lambda d: d.id)


def round_trip(corpus, name: str, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        report = write_corpus(corpus, path, **options)
        config = CorpusConfig(path=path, format=options.get("format", "auto"), tag_key="gold")
        return report, list(read_corpus(config)) if report.written else []


@given(documents())
def test_a_record_holds_a_whole_document(document):
    assert document_from_record(document_to_record(document)) == document


@given(unique(documents()), st.sampled_from(["x.jsonl", "x.jsonl.gz"]))
def test_jsonl_round_trips_everything(corpus, name):
    report, again = round_trip(corpus, name)
    assert again == corpus
    assert report.as_dict() == {"documents": len(corpus), "written": len(corpus), "losses": {}}


@given(unique(tagged_documents()), st.sampled_from(["iob1", "iob2", "bioes"]))
def test_columns_and_token_lists_round_trip_words_tags_and_names(corpus, scheme):
    for name, chosen in (("x.conll", "conll"), ("x.jsonl", "tokens")):
        report, again = round_trip(corpus, name, format=chosen, scheme=scheme)
        assert report.losses == {}
        assert again == corpus


@given(unique(documents()))
def test_no_format_loses_anything_silently(corpus):
    for name, chosen in (("x.conll", "conll"), ("x.jsonl", "tokens"), ("x.txt", "text")):
        report, again = round_trip(corpus, name, format=chosen)
        assert report.documents == len(corpus)
        assert report.written == len(again) == len(corpus) - report.losses.get("unwritable", 0)
        if not report.losses:
            assert again == corpus


@given(unique(tagged_documents(), 8), st.integers(0, 3))
def test_a_split_deals_out_whole_groups(corpus, seed):
    groups = {document.group_or_id for document in corpus}
    if len(groups) < 2:
        return
    parts = split_corpus(corpus, {"a": 0.6, "b": 0.4}, seed)
    assert sorted(d.id for part in parts.values() for d in part) == sorted(d.id for d in corpus)
    a, b = ({d.group_or_id for d in part} for part in parts.values())
    assert a
    assert b
    assert not a & b


TEXT_LISTS = st.lists(
    st.lists(
        st.sampled_from(["ann", "met", "bob", "again", "in", "rome"]), min_size=5, max_size=8
    ).map(" ".join),
    max_size=5,
)


@given(TEXT_LISTS, TEXT_LISTS, st.sampled_from([0.3, 0.5, 0.7, 0.8, 1.0]))
def test_leaks_are_those_that_comparing_all_pairs_finds(left, right, threshold):
    report = find_leaks(
        [Document(f"l{n}", text) for n, text in enumerate(left)],
        [Document(f"r{n}", text) for n, text in enumerate(right)],
        threshold,
    )
    best = {
        f"r{n}": max((jaccard(one, text) for one in left), default=0.0)
        for n, text in enumerate(right)
    }
    found = {leak.right: leak.similarity for leak in (*report.exact, *report.near)}
    assert found == {name: value for name, value in best.items() if value >= threshold}


def jaccard(one: str, other: str) -> float:
    if one == other:
        return 1.0
    a, b = ({text[i : i + 5] for i in range(len(text) - 4)} for text in (one, other))
    return len(a & b) / len(a | b)
