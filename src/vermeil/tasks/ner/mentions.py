"""From spans back to what a teacher would have to say, so that it is located there again."""

from __future__ import annotations

from vermeil.data.document import Document
from vermeil.data.mention import Mention


def mentions_of(document: Document) -> tuple[Mention, ...]:
    """Return the mentions that say a document's spans, in the order of the text."""
    return tuple(
        Mention(document.text[span.start : span.end], span.label) for span in document.spans or ()
    )
