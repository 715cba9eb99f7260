"""Record section of the page: data, leaks, settings, counted losses and the list of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from vermeil.studies.format import duration, f1, number, regimen_name
from vermeil.studies.results.cell import CellResult, Losses
from vermeil.studies.results.scores import SplitScore
from vermeil.studies.results.statistics import LeakCounts
from vermeil.studies.results.study import StudyResults
from vermeil.studies.results.values import JsonObject

NamedValues = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """One statistic of all corpora."""

    name: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class CorpusTable:
    """Statistics of the corpora side by side."""

    columns: list[str]
    rows: list[CorpusRow]


@dataclass(frozen=True, slots=True)
class LeakView:
    """Shared texts of two splits, in words."""

    pair: str
    text: str
    any: bool


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cell, as texts."""

    name: str
    seed: int
    budget: str
    gold: str
    silver: str
    steps: str
    wordpieces: str
    time: str
    dev: str
    test: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """Data, leaks, settings, counted losses and cells; ``leaks`` is None without a check."""

    corpora: CorpusTable | None
    leaks: list[LeakView] | None
    environment: NamedValues
    configuration: NamedValues
    counted: NamedValues
    cells: list[CellRow]
    has_dev: bool


def record_view(results: StudyResults) -> RecordView:
    """Return data, leaks, environment, configuration, counted losses and the list of cells.

    Args:
        results: the results of a study.
    """
    return RecordView(
        corpora=_corpora(results.corpora),
        leaks=None if results.leaks is None else _leaks(results.leaks),
        environment=list(flattened(results.environment)),
        configuration=list(flattened(results.configuration)),
        counted=_counted_losses(results.cells),
        cells=[_cell_row(cell) for cell in results.cells],
        has_dev=any(cell.dev for cell in results.cells),
    )


def flattened(value: JsonObject, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted path and the value of every setting."""
    for key, inner in value.items():
        path = f"{prefix}{key}"
        if isinstance(inner, Mapping) and inner:
            yield from flattened(inner, f"{path}.")
        elif isinstance(inner, list | tuple):
            yield path, ", ".join(map(str, inner))
        else:
            yield path, "–" if inner is None else str(inner)


def _corpora(corpora: Mapping[str, JsonObject]) -> CorpusTable | None:
    """Return statistics of the corpora side by side, without those that are empty everywhere."""
    if not corpora:
        return None
    names = list(dict.fromkeys(key for stats in corpora.values() for key in stats))
    rows = [(name, [stats.get(name) for stats in corpora.values()]) for name in names]
    return CorpusTable(
        list(corpora),
        [
            CorpusRow(name.replace("_", " "), [_stat(value) for value in values])
            for name, values in rows
            if any(values)
        ],
    )


def _stat(value: JsonValue) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping) and value.keys() == {"minimum", "median", "maximum"}:
        low, high = _stat(value["minimum"]), _stat(value["maximum"])
        return f"median {_stat(value['median'])}, {low} to {high}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_stat(inner)}" for key, inner in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(_stat(inner) for inner in value) or "–"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.1f}"
    return number(value) if isinstance(value, int | float) else str(value)


def _leaks(leaks: Mapping[str, LeakCounts]) -> list[LeakView]:
    """Return the texts that pairs of splits share."""
    return [
        LeakView(
            pair=" and ".join(pair.split("/")),
            text=f"{number(counts.exact)} exact, {number(counts.near)} near",
            any=bool(counts.exact or counts.near),
        )
        for pair, counts in leaks.items()
    ]


def _counted_losses(cells: Sequence[CellResult]) -> NamedValues:
    """Return the losses of encoding and scoring by name, as ranges over the cells."""
    values: dict[str, list[float]] = {}
    for cell in cells:
        losses = dict(_flat_losses(cell.losses))
        for split in ("test", "dev"):
            scores = cell.score(split)
            if scores is not None:
                losses[f"truncated {split} documents"] = str(scores.truncated)
        for name, value in losses.items():
            if value.lstrip("-").isdigit():
                values.setdefault(name.replace("_", " "), []).append(int(value))
    return [
        (
            name,
            number(low)
            if (low := min(found)) == (high := max(found))
            else f"{number(low)} to {number(high)}",
        )
        for name, found in values.items()
    ]


def _flat_losses(losses: Losses) -> Iterator[tuple[str, str]]:
    """Yield the dotted name and the number of every loss."""
    for name, value in losses.items():
        if isinstance(value, int):
            yield name, str(value)
        else:
            yield from ((f"{name}.{inner}", str(number)) for inner, number in value.items())


def _cell_row(cell: CellResult) -> CellRow:
    return CellRow(
        name=regimen_name(cell.regimen),
        seed=cell.seed,
        budget=cell.budget,
        gold=number(cell.gold_documents),
        silver=number(cell.silver_documents),
        steps=number(cell.steps),
        wordpieces=number(cell.wordpieces),
        time=duration(cell.seconds),
        dev=_f1(cell.dev),
        test=_f1(cell.test),
    )


def _f1(scores: SplitScore | None) -> str:
    return "–" if scores is None else f1(scores.overall.f1)
