"""What goes over the wire."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from vermeil.data.document import Document


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which is not a character") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]
Offset = Annotated[int, Field(ge=0)]


class DocumentIn(BaseModel):
    """A document to annotate."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    """Its text, of any length up to the service's limit."""
    id: Annotated[Text, Field(min_length=1)] | None = None
    """Comes back with the annotation; its number in the request, from 1, if left out."""
    group: Text | None = None
    """What it belongs to, such as an article."""
    tokens: list[tuple[Offset, Offset]] | None = None
    """Start and end of its words, in characters, if it is tokenised already."""

    def as_document(self, number: int) -> Document:
        """Return the document; ``number`` names it if it has no id.

        Raises:
            DataError: the tokens are no words of the text.
        """
        tokens = None if self.tokens is None else tuple(self.tokens)
        return Document(self.id or str(number), self.text, self.group, tokens)


class SpanOut(BaseModel):
    """A span that was found, in characters of the text."""

    start: int
    end: int
    label: str
    score: float | None = None
    origin: str | None = None


class DocumentOut(BaseModel):
    """An annotated document, as ``vermeil predict`` writes it."""

    id: str
    text: str
    group: str | None = None
    tokens: list[tuple[int, int]] | None = None
    spans: list[SpanOut] | None = None
    labels: list[str] | None = None
    meta: dict[str, JsonValue] | None = None


class Problem(BaseModel):
    """Why a request was not answered."""

    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No token, or not the right one"},
    413: {"model": Problem, "description": "More than one request may hold"},
    422: {"model": Problem, "description": "Not what is expected"},
    429: {"model": Problem, "description": "Busy; Retry-After says when to come back"},
    503: {"model": Problem, "description": "Shutting down"},
    504: {"model": Problem, "description": "Took too long"},
}
"""What else the service answers."""
