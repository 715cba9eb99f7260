"""Models of the requests of the review page."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

ShortText = Annotated[str, Field(max_length=500)]
ItemValues = dict[str, dict[str, JsonValue] | None]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def plain(self) -> dict[str, Any]:
        """Return the values."""
        return self.model_dump()


class DecisionIn(_Message):
    """One decision of the annotator."""

    id: str
    """Id of the document."""
    action: Annotated[str, Field(pattern="^[a-z_]{1,20}$")]
    """Kind of the decision."""
    before: ItemValues
    """Changed items before the decision."""
    after: ItemValues
    """The same items after it."""
    seconds: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    """Active time since the decision before."""
    settles: bool = False
    """The decision is about different answers."""


class UndoIn(_Message):
    """Request to undo or redo the last decision about a document."""

    id: str
    action: Literal["undo", "redo"]
    settles: bool = False


class SameTextIn(_Message):
    """Request to repeat the decision about a span for equal texts."""

    id: str
    key: str
    scope: Literal["document", "queue"]
