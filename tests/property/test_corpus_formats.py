"""Every format gives back what it was given, or has counted what it could not hold."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.documents import LABELS, documents, ranges, unique

from vermeil.corpora import CorpusConfig, read_corpus, write_corpus
from vermeil.data.document import Annotation, Document, Span

ALL = {
    "label-studio": "x.json",
    "argilla": "x.json",
    "doccano": "x.jsonl",
    "prodigy": "x.jsonl.gz",
    "parquet": "x.parquet",
    "datasets": "folder",
    "docbin": "x.spacy",
}
SOME = {
    "brat": "folder",
    "webanno": "folder",
    "parquet-tokens": "x.parquet",
    "datasets-tokens": "folder",
    "gliner": "x.jsonl",
}


def round_trip(corpus: list[Document], chosen: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (ALL | SOME)[chosen]
        report = write_corpus(corpus, path, chosen)
        read = CorpusConfig(path=f"{chosen}:{path}")
        return report, list(read_corpus(read)) if report.written else []


@pytest.mark.parametrize("chosen", ALL)
@given(corpus=unique(documents()))
@settings(max_examples=60, deadline=None)
def test_what_holds_everything_gives_everything_back(chosen: str, corpus: list[Document]) -> None:
    report, again = round_trip(corpus, chosen)
    assert again == corpus
    assert report.as_dict() == {"documents": len(corpus), "written": len(corpus), "losses": {}}


@st.composite
def plain_documents(draw: st.DrawFn) -> Document:
    """Document that every format can hold: words, spans over whole words, an id."""
    gap = st.sampled_from(["", " ", "  ", "\n", "\u00a0", "\n\n\t"])
    word = st.text(st.sampled_from("ab#-_é\\[]|;*>\U0001f600漢"), min_size=1, max_size=4)
    text, tokens = draw(st.sampled_from(["", " ", "  "])), []
    for part in draw(st.lists(word, min_size=1, max_size=6)):
        tokens.append((len(text), len(text) + len(part)))
        text += part + draw(gap)
    points = draw(ranges(len(tokens), apart=False))
    labels = LABELS | st.sampled_from(["a\\", "[1]", "x|y_", "->*;", "\\n"])
    spans = tuple(Span(tokens[a][0], tokens[b - 1][1], draw(labels)) for a, b in points)
    name = draw(st.text(st.sampled_from("ab/.%: é\U0001f600"), min_size=1, max_size=5))
    return Document(name, text, None, tuple(tokens), Annotation(spans=spans))


@given(unique(plain_documents()))
@settings(max_examples=150, deadline=None)
def test_webanno_gives_words_and_overlapping_spans_back(corpus: list[Document]) -> None:
    report, again = round_trip(corpus, "webanno")
    assert report.losses == {}
    assert sorted(again, key=by_id) == sorted(corpus, key=by_id)


@given(unique(plain_documents()))
@settings(deadline=None)
def test_brat_gives_text_and_overlapping_spans_back(corpus: list[Document]) -> None:
    report, again = round_trip(corpus, "brat")
    assert set(report.losses) <= {"tokens", "odd_label"}
    kept = [
        Document(d.id, d.text, annotation=Annotation(spans=tuple(with_plain_labels(d))))
        for d in corpus
    ]
    assert sorted(again, key=by_id) == sorted(kept, key=by_id)


def by_id(document: Document) -> str:
    return document.id


def with_plain_labels(document: Document) -> list[Span]:
    return [span for span in document.spans or () if " " not in span.label]


@pytest.mark.parametrize("chosen", SOME)
@given(corpus=unique(documents()))
@settings(max_examples=60, deadline=None)
def test_what_is_lost_is_counted(chosen: str, corpus: list[Document]) -> None:
    report, again = round_trip(corpus, chosen)
    losses = Counter(report.losses)
    assert report.documents == len(corpus)
    assert report.written == len(again) == len(corpus) - losses["unwritable"]
    if not losses:
        assert sorted(again, key=by_id) == sorted(corpus, key=by_id)
    if not losses["respaced"]:
        texts = {document.id: document.text for document in corpus}
        assert all(document.text == texts[document.id] for document in again)
    written = {document.id for document in again}
    spans_in = sum(len(d.spans or ()) for d in corpus if d.id in written)
    spans_out = sum(len(d.spans or ()) for d in again)
    left_out = losses["no_token"] + losses["overlap"]
    if "odd_label" not in losses:
        assert spans_in == spans_out + left_out
