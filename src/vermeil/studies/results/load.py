"""Read and write the records of results: every record is checked when it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from vermeil.data.malformed import first_line
from vermeil.errors import DataError
from vermeil.studies.results.cell import CellResult, RefinementRecord, SilverGainRecord
from vermeil.studies.results.context import StudyContext
from vermeil.studies.results.study import RESULTS_VERSION, StudyResults
from vermeil.studies.results.upgrade import upgrade_cell, upgrade_results

_T = TypeVar("_T")
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}
_SHOWN = 3
"""Largest number of problems in a message."""

RUN_AGAIN = "run vermeil study again, which reuses its finished cells"


def read_results(path: Path) -> StudyResults:
    """Return the contents of a study's ``results.json``.

    Raises:
        DataError: the file is missing, damaged, or was written by a newer version.
    """
    try:
        record = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(
            "not found; run vermeil study over a grid of data sizes first", path
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"does not hold the results of a study ({first_line(error)}); {RUN_AGAIN}", path
        ) from error
    return results_from_record(record, path)


def results_from_record(record: object, path: Path | None = None) -> StudyResults:
    """Return the results in a JSON record, also of an earlier version.

    Args:
        record: the record as JSON values.
        path: its file, for messages.

    Raises:
        DataError: the record is damaged, or of a newer version.
    """
    if not isinstance(record, Mapping):
        raise DataError(f"does not hold the results of a study; {RUN_AGAIN}", path)
    version = record.get("version")
    if type(version) is int and version > RESULTS_VERSION:
        raise DataError(
            f"has version {version}, but this version of Vermeil reads results up to version "
            f"{RESULTS_VERSION}; update Vermeil",
            path,
        )
    current = record if "version" in record else upgrade_results(record)
    return _validated(StudyResults, current, f"damaged results of a study; {RUN_AGAIN}", path)


def cell_from_record(
    record: object, path: Path | None = None, line: int | None = None
) -> CellResult:
    """Return the cell in a JSON record, also of an earlier version.

    Args:
        record: the record as JSON values.
        path: its file, for messages.
        line: its line in the file.

    Raises:
        DataError: the record is not a complete cell.
    """
    what = "not a complete cell of a study; delete it to run the cell again"
    if not isinstance(record, Mapping):
        raise DataError(f"is {what}", path, line)
    return _validated(CellResult, upgrade_cell(record), what, path, line)


def context_from_record(record: Mapping[str, object], path: Path | None = None) -> StudyContext:
    """Return additional contents of results, given as JSON values.

    Args:
        record: ``configuration``, ``teacher`` and ``agreement``, as far as they are known.
        path: the file of these values, for messages.

    Raises:
        DataError: a value is not as expected.
    """
    what = "not the scores of a teacher; run vermeil locate again"
    return _validated(StudyContext, record, what, path)


def refinement_from_record(record: Mapping[str, object]) -> RefinementRecord:
    """Return the record of a refinement (`vermeil.refinement.report.RefineReport.as_dict`)."""
    return _validated(RefinementRecord, record, "not the record of a refinement", None)


def silver_gain_from_record(record: Mapping[str, object]) -> SilverGainRecord:
    """Return the record of a decision (`vermeil.refinement.silver_gain.SilverGain.as_dict`)."""
    return _validated(SilverGainRecord, record, "not the record of the gain of silver", None)


def as_record(value: CellResult | StudyResults) -> dict[str, JsonValue]:
    """Return a cell or the results of a study as JSON values."""
    text = json.dumps(_adapter(type(value)).dump_python(value, mode="json"), ensure_ascii=False)
    record: dict[str, JsonValue] = json.loads(_without_lone_surrogates(text))
    return record


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return the validator of a type; it is built once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _validated(
    kind: type[_T], record: Any, what: str, path: Path | None, line: int | None = None
) -> _T:
    try:
        # Records are validated as JSON: an array is a tuple, but "1" is no number.
        text = json.dumps(record, ensure_ascii=False)
        value: _T = _adapter(kind).validate_json(_without_lone_surrogates(text))
    except ValidationError as error:
        problems = list(_problems(error))
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        found = "; ".join(problems[:_SHOWN])
        raise DataError(f"{found}{more}: {what}", path, line) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(f"{first_line(error)}: {what}", path, line) from error
    return value


def _without_lone_surrogates(text: str) -> str:
    """Return the text with � for lone surrogates, which JSON of other tools cannot hold."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _problems(error: ValidationError) -> Iterator[str]:
    """Yield each problem as the path of the value and the expected value."""
    for one in error.errors(include_url=False, include_context=False):
        location = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in one["loc"]
        )
        message = one["msg"].removeprefix("Value error, ")
        message = {
            "missing": "is missing",
            "unexpected_keyword_argument": "is unknown",
        }.get(one["type"], message[:1].lower() + message[1:])
        yield f"{location.lstrip('.') or 'record'}: {message}"
