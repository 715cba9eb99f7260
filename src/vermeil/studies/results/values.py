"""Value types that all records of results share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field, JsonValue

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""Validation of records: no unknown keys, no conversions, only finite numbers."""

_LARGEST = 2**53

Count = Annotated[int, Field(ge=0, le=_LARGEST)]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, le=_LARGEST)]
Number = Annotated[float, Field(ge=-_LARGEST, le=_LARGEST)]
Seed = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
Interval = tuple[Number, Number]
Tally = tuple[Count, Count, Count]
"""Correct, predicted and gold items."""
JsonObject = Mapping[str, JsonValue]
"""A JSON object without fixed keys, for example a configuration."""


class Block(NamedTuple):
    """Budget and data sizes of cells that can be compared with each other."""

    budget: str
    gold_documents: int
    silver_documents: int


def sum_tallies(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    correct = predicted = gold = 0
    for one in tallies:
        correct, predicted, gold = correct + one[0], predicted + one[1], gold + one[2]
    return correct, predicted, gold


def tally_f1(tally: Tally) -> float:
    """Return 2 · correct / (predicted + gold), or 0 without items."""
    correct, predicted, gold = tally
    return 2 * correct / (predicted + gold) if predicted + gold else 0.0
