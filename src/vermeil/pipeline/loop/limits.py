"""Targets and limits of a loop: F1, documents, minutes of the annotators, dollars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any

from vermeil.errors import ConfigError
from vermeil.pipeline.loop.records import RoundRecord

_MEANINGS = {
    "f1": "F1 on dev",
    "documents": "gold documents",
    "minutes": "minutes of review",
    "dollars": "dollars spent on the teacher",
}
"""Name of every limit to what it measures."""


@dataclass(frozen=True, slots=True)
class LoopLimits:
    """Values at which a loop ends, whichever is reached first; None: no limit.

    Args:
        f1: F1 of the student on dev, from 0 to 1.
        documents: number of gold documents, those of ``corpora.gold`` included.
        minutes: active minutes of all annotators in all rounds.
        dollars: charges of all requests in the store of replies. No request is sent that could
            exceed them.
    """

    f1: float | None = None
    documents: int | None = None
    minutes: float | None = None
    dollars: float | None = None

    @classmethod
    def parse(cls, texts: Iterable[str]) -> LoopLimits:
        """Return the limits of the option ``--until``.

        Args:
            texts: ``NAME=VALUE``, or several of them separated by commas.

        Raises:
            ConfigError: a name is unknown or repeated, or a value cannot be used.
        """
        found: dict[str, Any] = {}
        problems = []
        for part in (part.strip() for text in texts for part in text.split(",")):
            name, _, value = part.partition("=")
            name = name.strip()
            if name not in _MEANINGS:
                problems.append(f"--until {part}: expected one of {', '.join(_MEANINGS)}, with =")
            elif name in found:
                problems.append(f"--until {name}: is given twice; expected one value")
            else:
                found[name] = _number(name, value.strip(), problems)
        if problems:
            raise ConfigError(*problems)
        return cls(**found)

    def reached(self, record: RoundRecord) -> str | None:
        """Return in words which limit a round has reached; None: none of them."""
        if self.f1 is not None and record.f1 is not None and record.f1 >= self.f1:
            return f"{_MEANINGS['f1']}: {record.f1:.3f} of {self.f1:g}"
        if self.documents is not None and record.gold + record.dev_drawn >= self.documents:
            number = record.gold + record.dev_drawn
            return f"{_MEANINGS['documents']}: {number:,} of {self.documents:,}"
        if self.minutes is not None and record.minutes >= self.minutes:
            return f"{_MEANINGS['minutes']}: {record.minutes:.1f} of {self.minutes:g}"
        if self.dollars is not None and (record.over_budget or record.dollars >= self.dollars):
            rest = f"; {record.over_budget:,} requests did not fit" if record.over_budget else ""
            return f"{_MEANINGS['dollars']}: {record.dollars:.4f} of {self.dollars:g}{rest}"
        return None

    def as_dict(self) -> dict[str, Any]:
        """Return the limits for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def _number(name: str, value: str, problems: list[str]) -> float | int | None:
    """Return the value of a limit; append a problem if it cannot be used."""
    kind = int if name == "documents" else float
    try:
        number = kind(value)
    except ValueError:
        number = -1
    highest = 1.0 if name == "f1" else float("inf")
    is_low = number < 0 if name == "dollars" else number <= 0
    if is_low or number > highest or not isfinite(number):
        expected = {"f1": "a number above 0 and up to 1", "documents": "a whole number above 0"}
        wanted = expected.get(name, "a number above 0")
        problems.append(f"--until {name}={value}: expected {wanted} ({_MEANINGS[name]})")
        return None
    return number
