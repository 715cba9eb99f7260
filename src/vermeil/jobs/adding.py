"""Sums of the reports of several teachers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

Report = TypeVar("Report")


def sum_reports(reports: Sequence[Report], cumulative: Container[str] = ()) -> Report:
    """Return the sum of reports of one type, field by field.

    Numbers and usages are added, mappings are added by key, and lists are concatenated. A field
    that is None in any report is None in the sum.

    Args:
        reports: dataclasses of the same type, oldest first; at least one.
        cumulative: fields that are running totals; the sum takes the last report's value.
    """
    first = reports[0]
    if len(reports) == 1:
        return first
    columns = {
        field.name: [getattr(report, field.name) for report in reports]
        for field in fields(first)  # type: ignore[arg-type]
    }
    return replace(
        first,
        **{
            name: values[-1] if name in cumulative else _sum(values)
            for name, values in columns.items()
        },
    )  # type: ignore[type-var]


def _sum(values: Sequence[Any]) -> Any:
    if any(value is None for value in values):
        return None
    if isinstance(values[0], Mapping):
        result: Counter[Any] = Counter()
        for value in values:
            result.update(value)
        return dict(result)
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
