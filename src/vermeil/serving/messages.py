"""Models of the service's requests and responses."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

from vermeil.data.document import Document


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("contains half of a surrogate pair, which is not a character") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]
Offset = Annotated[int, Field(ge=0)]


class DocumentIn(BaseModel):
    """A document to annotate."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    """Text of any length up to the service's limit."""
    id: Annotated[Text, Field(min_length=1)] | None = None
    """Id, repeated in the response. Default: the document's number in the request, from 1."""
    group: Text | None = None
    """Group of the document (for example, an article)."""
    tokens: Annotated[list[tuple[Offset, Offset]], Field(fail_fast=True)] | None = None
    """Start and end of each token in characters, if the text is already tokenised."""

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, value: Any) -> Any:
        """Accept a plain text; report one unknown key instead of an error for each of a million."""
        if isinstance(value, str):
            return {"text": value}
        if isinstance(value, dict):
            unknown = next((key for key in value if key not in cls.model_fields), None)
            if unknown is not None:
                raise ValueError(f"unknown key {unknown[:80]!r}")
        return value

    def as_document(self, number: int) -> Document:
        """Return the document.

        Args:
            number: number of the document in the request; its id if it has none.

        Raises:
            DataError: a token is not within the text.
        """
        tokens = None if self.tokens is None else tuple(self.tokens)
        return Document(self.id or str(number), self.text, self.group, tokens)


class SpanOut(BaseModel):
    """A predicted span, with offsets in characters of the text."""

    start: int
    end: int
    label: str
    score: float | None = None
    origin: str | None = None


class RelationOut(BaseModel):
    """A predicted relation; its ends are indices into ``spans``."""

    head: int
    tail: int
    label: str
    score: float | None = None


class DocumentOut(BaseModel):
    """An annotated document, in the record format of ``vermeil predict``."""

    id: str
    text: str
    group: str | None = None
    tokens: list[tuple[int, int]] | None = None
    spans: list[SpanOut] | None = None
    labels: list[str] | None = None
    label_scores: dict[str, float] | None = None
    relations: list[RelationOut] | None = None
    meta: dict[str, JsonValue] | None = None


class Problem(BaseModel):
    """Error message of a request that failed."""

    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request ended before its body"},
    401: {"model": Problem, "description": "Missing or wrong token"},
    408: {"model": Problem, "description": "The body did not arrive in time"},
    413: {"model": Problem, "description": "Request too large"},
    415: {"model": Problem, "description": "The content type is not JSON"},
    422: {"model": Problem, "description": "Not UTF-8, not JSON, or an invalid document"},
    429: {"model": Problem, "description": "Busy; retry after the seconds in Retry-After"},
    503: {"model": Problem, "description": "Shutting down, or too many connections"},
    504: {"model": Problem, "description": "Timed out"},
}
"""Error responses of the service, by status."""
