from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.documents import documents, tagged_documents, unique

from vermeil.corpora import (
    CorpusConfig,
    document_from_record,
    document_to_record,
    find_leaks,
    read_corpus,
    split_corpus,
    write_corpus,
)
from vermeil.data.document import Document


def round_trip(corpus: list[Document], name: str, **options: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        report = write_corpus(corpus, path, **options)
        config = CorpusConfig(path=path, format=options.get("format", "auto"))
        return report, list(read_corpus(config)) if report.written else []


@given(documents())
def test_a_record_holds_a_whole_document(document: Document) -> None:
    assert document_from_record(document_to_record(document)) == document


@given(unique(documents()), st.sampled_from(["x.jsonl", "x.jsonl.gz"]))
def test_jsonl_round_trips_everything(corpus: list[Document], name: str) -> None:
    report, again = round_trip(corpus, name)
    assert again == corpus
    assert report.as_dict() == {"documents": len(corpus), "written": len(corpus), "losses": {}}


@given(unique(tagged_documents()), st.sampled_from(["iob1", "iob2", "bioes"]))
def test_columns_and_token_lists_round_trip_words_tags_and_names(
    corpus: list[Document], scheme: Any
) -> None:
    for name, chosen in (("x.conll", "conll"), ("x.jsonl", "tokens")):
        report, again = round_trip(corpus, name, format=chosen, scheme=scheme)
        assert report.losses == {}
        assert again == corpus


@given(unique(documents()))
def test_no_format_loses_anything_silently(corpus: list[Document]) -> None:
    for name, chosen in (
        ("x.conll", "conll"),
        ("x.jsonl", "tokens"),
        ("x.txt", "text"),
        ("x.csv", "csv"),
    ):
        report, again = round_trip(corpus, name, format=chosen)
        assert report.documents == len(corpus)
        assert report.written == len(again) == len(corpus) - report.losses.get("unwritable", 0)
        if not report.losses:
            assert again == corpus


@given(unique(tagged_documents(), 8), st.integers(0, 3))
def test_a_split_deals_out_whole_groups(corpus: list[Document], seed: int) -> None:
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
def test_leaks_are_those_that_comparing_all_pairs_finds(
    left: Any, right: Any, threshold: Any
) -> None:
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
