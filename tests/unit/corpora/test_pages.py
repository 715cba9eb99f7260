"""Pages of spans."""

from __future__ import annotations

from typing import Any

import pytest

from vermeil.corpora.pages import with_span_pages
from vermeil.data.document import Annotation, Document, Span

SPANS = Annotation(spans=(Span(0, 3, "PER"), Span(9, 12, "LOC"), Span(10, 12, "LOC")))
TEXT = "Ada left. Rome."


@pytest.mark.parametrize(
    ("meta", "pages"),
    [
        ({"page": 4}, [4, 4, 4]),
        ({"pages": [[0, 1], [10, 3]]}, [1, 1, 3]),
        ({"pages": [[10, 3], [0, 1]]}, [1, 1, 3]),
        ({}, None),
        ({"page": "iv"}, None),
        ({"pages": "1-3"}, None),
        ({"pages": [[0, "i"]]}, None),
        ({"pages": []}, None),
    ],
)
def test_a_span_has_the_page_on_which_it_begins(meta: Any, pages: Any) -> None:
    document = Document("a", TEXT, annotation=SPANS, meta=meta)
    assert with_span_pages(document).meta.get("span_pages") == pages


def test_a_document_without_annotation_stays() -> None:
    document = Document("a", TEXT, meta={"page": 4})
    assert with_span_pages(document) is document
