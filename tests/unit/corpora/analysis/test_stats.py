from __future__ import annotations

from vermeil.corpora import LengthSummary, corpus_stats
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation

PIECES = {"pieces": [[0, 3], [8, 11]], "label": "B"}


def test_everything_is_counted() -> None:
    spans = (Span(0, 3, "B"), Span(4, 7, "A"), Span(8, 11, "A"))
    nested = (Span(0, 3, "A"), Span(1, 2, "B"))
    documents = [
        Document("1", "Ann met Bob", "g", None, Annotation(spans=spans, abstain=((4, 7),))),
        Document("2", "Ann met Bob", "g", ((0, 3),), Annotation(spans=nested)),
        Document("3", "x", None, None, Annotation(spans=(), labels=("news", "war"))),
        Document("4", "Ann met Bob", meta={"repaired_tags": 2, "discontinuous": [PIECES]}),
        Document("5", "a b", "h", None, Annotation(nested, relations=(Relation(0, 1, "r"),))),
    ]
    assert corpus_stats(iter(documents)).as_dict() == {
        "documents": 5,
        "groups": 4,
        "annotated": 4,
        "unannotated": 1,
        "spans": {"A": 4, "B": 3},
        "labels": {"news": 1, "war": 1},
        "relations": {"r": 1},
        "abstentions": 1,
        "overlapping": 2,
        "discontinuous": 1,
        "characters": {"minimum": 1, "median": 11, "maximum": 11},
        "words": {"minimum": 1, "median": 2, "maximum": 3},
        "duplicates": 2,
        "repaired_tags": 2,
        "unread": {},
        "teachers": [],
    }


def test_labels_are_ordered_by_number() -> None:
    spans = (Span(0, 1, "RARE"), Span(2, 3, "OFTEN"), Span(4, 5, "OFTEN"))
    stats = corpus_stats([Document("1", "a b c", annotation=Annotation(spans=spans))])
    assert list(stats.spans) == ["OFTEN", "RARE"]


def test_of_an_even_number_of_lengths_the_lower_middle_is_taken() -> None:
    stats = corpus_stats([Document(str(n), "x" * n) for n in (2, 4, 6, 9)])
    assert stats.characters == LengthSummary(2, 4, 9)


def test_no_documents() -> None:
    stats = corpus_stats([])
    assert (stats.documents, stats.characters, stats.words) == (0, LengthSummary(), LengthSummary())


def test_half_surrogates_are_counted_not_refused() -> None:
    assert corpus_stats([Document("1", "\ud800"), Document("2", "\ud800")]).duplicates == 1
