"""``vermeil plan`` on damaged results: a recommendation or one clear error, never a traceback."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.study_records import cell_record

from vermeil.errors import ConfigError, DataError
from vermeil.studies.config import PlanConfig
from vermeil.studies.plan import plan
from vermeil.studies.report.html import render
from vermeil.studies.results.load import as_record, results_from_record
from vermeil.studies.statistics.compare import compare, summarise

PRICED = PlanConfig(gold_price=0.5, silver_price=0.01, budget=100.0, resamples=100)
VALUES: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 2**40, 10**400, 0.5, -0.5, 1e300, math.nan, math.inf, "", "x", "1"),
    *([], {}, [[]], [None], [1, 2], {"x": 1}, "gold_only", "not_significant"),
)
PARTS = ("cells", "summary", "comparisons", "findings", "environment")


def make_record() -> dict[str, Any]:
    """Return the record of a study over a grid of sizes, with all statistics."""
    cells = []
    for seed in (0, 1):
        for gold in (100, 200, 400):
            for silver in (1000, 2000):
                for regimen, known in (("gold_only", 0), ("simple_mix", silver)):
                    right = 20 + round(6 * math.log(gold + known / 5)) + seed
                    groups = {"a": [right // 2, 40, 40], "b": [right - right // 2, 40, 40]}
                    sizes = {"gold_documents": gold, "silver_documents": silver}
                    curve = [{"step": 1, "loss": 1.0, "gold_share": 0.5, "learning_rate": 1e-4}]
                    cells.append(
                        cell_record(
                            regimen, seed, groups, **sizes, sizes=[gold, silver], curve=curve
                        )
                    )
    results = results_from_record({"cells": cells, "environment": {"python": "3.11"}})
    record = as_record(results)
    record["summary"] = [dict_of(row) for row in summarise(results.cells)]
    record["comparisons"] = [dict_of(row) for row in compare(results.cells, "gold_only", 100)]
    record["findings"] = [{"kind": "note", "scope": "", "text": "A sentence."}]
    return json.loads(json.dumps(record))  # type: ignore[no-any-return]


def dict_of(row: Any) -> dict[str, Any]:
    """Return the fields of a row, its scores as objects."""
    names = [
        name for kind in reversed(type(row).__mro__) for name in getattr(kind, "__slots__", ())
    ]
    values = {name: getattr(row, name) for name in names}
    return {n: dict_of(v) if hasattr(v, "__slots__") else v for n, v in values.items()}


RECORD = make_record()


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value of a record."""
    if path:
        yield path
    if isinstance(value, dict):
        inner = list(value.items())
    else:
        inner = list(enumerate(value)) if isinstance(value, list) else []
    for key, one in inner:
        yield from places(one, (*path, key))


PLACES = list(places(RECORD))


def altered(record: dict[str, Any], path: tuple[str | int, ...], change: Any) -> dict[str, Any]:
    """Return a copy with one value replaced, deleted ("delete") or renamed ("rename")."""
    made = copy.deepcopy(record)
    *parents, last = path
    table: Any = made
    for key in parents:
        table = table[key]
    if change == "delete":
        del table[last]
    elif change == "rename" and isinstance(table, dict):
        table[f"{last}x"] = table.pop(last)
    else:
        table[last] = change
    return made


def outcome(path: Path, content: str) -> str:
    """Return how the plan ends; any other error fails the test."""
    path.write_text(content, "utf-8")
    try:
        report = plan(path, PRICED)
    except DataError:
        return "data error"
    except ConfigError:
        return "configuration error"
    assert report.sentences
    return "plan"


def test_the_record_is_good(tmp_path: Path) -> None:
    assert outcome(tmp_path / "results.json", json.dumps(RECORD)) == "plan"
    assert "Simple Mix" in render(results_from_record(RECORD))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from(PLACES),
    change=st.one_of(st.just("delete"), st.just("rename"), st.sampled_from(VALUES)),
    versioned=st.booleans(),
)
def test_any_alteration_ends_clearly(
    tmp_path: Path, path: tuple[str | int, ...], change: Any, versioned: bool
) -> None:
    record = altered(RECORD, path, change)
    if not versioned:
        record.pop("version", None)
    ended = outcome(tmp_path / "results.json", json.dumps(record))
    if ended == "plan":  # what is accepted can also be shown
        render(results_from_record(record))


@pytest.mark.parametrize("name", [name for name in RECORD["cells"][0] if name not in
    ("sizes", "predictions", "exposure", "mechanism", "refinement", "silver_gain")])  # fmt: skip
def test_a_cell_without_an_entry_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(altered(RECORD, ("cells", 3, name), "delete")), "utf-8")
    with pytest.raises(DataError, match=rf"cells\[3\]\.{name}: is missing") as caught:
        plan(path, PRICED)
    assert "run vermeil study again" in str(caught.value)


@pytest.mark.parametrize("end", [0, 1, 100, 5000])
def test_a_truncated_file_is_named(tmp_path: Path, end: int) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(RECORD)[:end], "utf-8")
    with pytest.raises(DataError, match="does not hold the results of a study"):
        plan(path, PRICED)


@pytest.mark.parametrize(
    ("version", "problem"),
    [(3, "update Vermeil"), (1, "version"), ("2", "version"), (True, "version"), (None, "version")],
)
def test_another_version_is_refused(tmp_path: Path, version: Any, problem: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps({**RECORD, "version": version}), "utf-8")
    with pytest.raises(DataError, match=problem):
        plan(path, PRICED)
