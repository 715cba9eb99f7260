"""Representations of documents in a console and in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from tests.documents import documents

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation

TEXT = "Bo met Al in Rome"
PEOPLE = (Span(0, 2, "PER", score=0.9), Span(7, 9, "PER"), Span(13, 17, "LOC"))


class Page(HTMLParser):
    """Text, tags and depth of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.open = "", [""][:0], [""][:0]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def html(document: Document) -> str:
    return document._repr_html_()


def test_one_line_names_the_spans_with_their_surface() -> None:
    document = Document("a", TEXT, annotation=Annotation(PEOPLE))
    expected = "Document('a', 'Bo met Al in Rome', spans=['Bo' PER 0.90, 'Al' PER, 'Rome' LOC])"
    assert repr(document) == expected


@pytest.mark.parametrize(
    ("annotation", "shown"),
    [
        (Annotation(), "not annotated"),
        (Annotation(()), "spans=[]"),
        (Annotation(labels=("sport",)), "labels=['sport']"),
        (Annotation(labels=()), "labels=[]"),
        (Annotation(PEOPLE, relations=(Relation(0, 1, "met"),)), "relations=1"),
        (Annotation((), abstain=((0, 2),)), "abstain=1"),
    ],
)
def test_one_line_separates_empty_from_unknown(annotation: Annotation, shown: str) -> None:
    assert shown in repr(Document("a", TEXT, annotation=annotation))


def test_a_long_document_is_still_one_short_line() -> None:
    spans = tuple(Span(i, i + 1, "X") for i in range(0, 9000, 3))
    shown = repr(Document("a", "word\n" * 2000, group="g", annotation=Annotation(spans)))
    assert "\n" not in shown
    assert len(shown) < 300
    assert "… 2995 more" in shown
    assert "group='g'" in shown


def test_spans_are_marked_with_their_labels() -> None:
    page = Page(html(Document("a", TEXT, annotation=Annotation(PEOPLE))))
    assert page.tags.count("mark") == 3
    assert "Bo PER 0.90 met Al PER in Rome LOC" in page.text


def test_a_label_has_the_same_colour_in_every_document() -> None:
    one = html(Document("a", "Bo", annotation=Annotation((Span(0, 2, "PER"),))))
    other = html(Document("b", "x Al", annotation=Annotation((Span(2, 4, "PER"),))))
    colours = {page.split("background:")[1].split(";")[0] for page in (one, other)}
    assert len(colours) == 1


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=a>', "&lt;"]
)
def test_text_labels_and_ids_are_escaped(hostile: str) -> None:
    spans = (Span(0, len(hostile), hostile), Span(1, 3, hostile))
    annotation = Annotation(spans, (hostile,), (Relation(0, 1, hostile),))
    page = Page(html(Document(hostile, hostile, annotation=annotation)))
    assert set(page.tags) <= {"div", "small", "mark", "b", "i", "span"}
    assert page.text.count(hostile) >= 5


def test_overlapping_spans_are_listed_below_the_text() -> None:
    spans = (Span(0, 9, "EVENT"), Span(7, 9, "PER"))
    page = Page(html(Document("a", TEXT, annotation=Annotation(spans))))
    assert page.tags.count("mark") == 1
    assert "also: 'Al' PER" in page.text


def test_labels_relations_and_abstentions_are_shown() -> None:
    annotation = Annotation(PEOPLE, ("sport",), (Relation(0, 1, "met"),), ((10, 12),))
    page = Page(html(Document("a", TEXT, annotation=annotation)))
    assert "labels: sport" in page.text
    assert "relation: Bo — met → Al" in page.text
    assert page.tags.count("span") == 1


def test_no_label_differs_from_unknown_labels() -> None:
    assert "labels: none" in Page(html(Document("a", "x", annotation=Annotation(labels=())))).text
    assert "labels" not in Page(html(Document("a", "x", annotation=Annotation(())))).text
    assert "not annotated" in Page(html(Document("a", "x"))).text


def test_a_long_text_is_cut_and_its_spans_with_it() -> None:
    spans = (Span(9_995, 10_050, "A"), Span(15_000, 15_003, "B"))
    page = Page(html(Document("a", "x" * 20_000, annotation=Annotation(spans))))
    assert "… 10,000 more characters" in page.text
    assert page.tags.count("mark") == 1


@given(documents())
def test_every_document_has_both_forms(document: Document) -> None:
    assert "\n" not in repr(document)
    page = Page(html(document))
    assert page.open == []
