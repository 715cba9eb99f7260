"""Reading and writing of rows in Parquet files and Hugging Face `datasets` folders, with pyarrow.

A folder of `datasets` (``save_to_disk``) holds Arrow streams, ``dataset_info.json`` with the
features, and ``state.json`` with the names of the streams. A Parquet file of `datasets` has the
same features in its schema's metadata. The library `datasets` itself is not needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from vermeil.corpora.folders import new_folder
from vermeil.corpora.source import translate_file_errors
from vermeil.data.atomic import atomic_path, write_json
from vermeil.data.malformed import MALFORMED, translate_malformed
from vermeil.errors import DataError
from vermeil.optional import require

INFO, STATE, SPLITS = "dataset_info.json", "state.json", "dataset_dict.json"
BATCH_ROWS = 1000
"""Number of rows in memory at once."""

Features = dict[str, Any]
"""Name of a column to its type, in the notation of `datasets`."""


class TableRows(NamedTuple):
    """Rows and columns of a table.

    Args:
        features: description of the columns by `datasets`; empty if the file has none.
        columns: names of all columns.
        object_columns: names of the columns that hold lists of objects, or objects.
        rows: file, number from 1 and values of each row.
    """

    features: Features
    columns: Sequence[str]
    object_columns: frozenset[str]
    rows: Iterator[tuple[Path, int, dict[str, Any]]]

    def holds_objects(self, column: str) -> bool:
        """Return whether a column holds lists of objects, or objects of lists."""
        return column in self.object_columns


def read_rows(path: Path) -> TableRows:
    """Open a Parquet file, an Arrow file, or a folder of such files.

    Raises:
        ConfigError: pyarrow is not installed.
        DataError: the file is damaged, or the folder holds none or several splits.
    """
    _pyarrow()
    with translate_file_errors(path):
        if path.is_dir():
            files, features = _files_of(path)
        else:
            path.open("rb").close()
            files, features = [path], {}
    schema = _schema(files[0])
    features = features or _features(schema.metadata or {})
    with translate_malformed(files[0]):  # a name may not be UTF-8
        objects = frozenset(field.name for field in schema if _holds_objects(field.type))
    return TableRows(features, schema.names, objects, _rows(files))


def _holds_objects(kind: Any) -> bool:
    from pyarrow import types

    while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        kind = kind.value_type
    return bool(types.is_struct(kind))


def looks_like_table(path: Path) -> bool:
    """Return whether a folder holds a table."""
    return any((path / name).exists() for name in (INFO, SPLITS)) or any(path.glob("*.parquet"))


def write_parquet(rows: Iterable[Sequence[Any]], columns: Columns, path: Path) -> None:
    """Write a Parquet file, atomically.

    Args:
        rows: values in the order of the columns.
        columns: the columns.
        path: the file.
    """
    pa = _pyarrow()
    import pyarrow.parquet as pq

    plain = columns.schema(pa)
    batches = _batches(rows, plain, pa)
    with atomic_path(path) as partial, ExitStack() as stack:
        if columns.needs_all_rows:
            # The metadata with the labels is written first, but the labels come from all rows.
            batches = _spool_batches(batches, plain, stack)
        described = json.dumps({"info": {"features": columns.features()}})
        schema = plain.with_metadata({"huggingface": described})
        writer = stack.enter_context(pq.ParquetWriter(partial, schema, compression="zstd"))
        for batch in batches:
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))


def write_datasets(rows: Iterable[Sequence[Any]], columns: Columns, path: Path) -> None:
    """Write a folder for ``datasets.load_from_disk``, atomically.

    Args:
        rows: values in the order of the columns.
        columns: the columns.
        path: the folder.

    Raises:
        DataError: the folder exists and is not empty.
    """
    pa = _pyarrow()
    schema = columns.schema(pa)
    name = "data-00000-of-00001.arrow"
    digest = blake2b(digest_size=8)
    with new_folder(path) as folder:
        with (folder / name).open("wb") as file, pa.ipc.new_stream(file, schema) as writer:
            for batch in _batches(rows, schema, pa):
                writer.write_batch(batch)
        with (folder / name).open("rb") as written:
            while piece := written.read(1 << 20):
                digest.update(piece)
        info = {"citation": "", "description": "", "homepage": "", "license": ""}
        write_json(folder / INFO, {**info, "features": columns.features()})
        state: dict[str, Any] = {"_data_files": [{"filename": name}]}
        state |= {"_fingerprint": digest.hexdigest(), "_format_columns": None}
        state |= {"_format_kwargs": {}, "_format_type": None, "_output_all_columns": False}
        write_json(folder / STATE, {**state, "_split": None})


class Columns(NamedTuple):
    """Columns of a table for writing.

    Args:
        types: name to a function that takes pyarrow and returns the type in Arrow.
        features: function that returns the columns in the notation of `datasets`.
        needs_all_rows: ``features`` is complete only after all rows were written.
    """

    types: Mapping[str, Any]
    features: Any
    needs_all_rows: bool = False

    def schema(self, pa: Any) -> Any:
        """Return the schema in Arrow.

        Args:
            pa: the module pyarrow.
        """
        return pa.schema([(name, make(pa)) for name, make in self.types.items()])


def _batches(rows: Iterable[Sequence[Any]], schema: Any, pa: Any) -> Iterator[Any]:
    waiting: list[Sequence[Any]] = []

    def batch() -> Any:
        columns = list(zip(*waiting, strict=True))
        arrays = [
            pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)
        ]
        waiting.clear()
        return pa.record_batch(arrays, schema=schema)

    for row in rows:
        waiting.append(row)
        if len(waiting) == BATCH_ROWS:
            yield batch()
    if waiting:
        yield batch()


def _spool_batches(batches: Iterable[Any], schema: Any, stack: ExitStack) -> Iterator[Any]:
    """Write all batches to a temporary file; return an iterator over that file."""
    pa = _pyarrow()
    spool = stack.enter_context(TemporaryFile())  # noqa: SIM115
    with pa.ipc.new_stream(spool, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    spool.seek(0)
    return iter(pa.ipc.open_stream(spool))


def _files_of(path: Path) -> tuple[list[Path], Features]:
    if (path / SPLITS).exists():
        splits = _names(_json(path / SPLITS).get("splits"), path / SPLITS)
        if len(splits) != 1:
            raise DataError(
                f"holds the splits {', '.join(splits)}; name the folder of one of them",
                path,
            )
        path = path / splits[0]
    if (path / STATE).exists():
        state, info = _json(path / STATE), _json(path / INFO)
        found = state.get("_data_files")
        found = found if isinstance(found, list) else []
        found = [item.get("filename") if isinstance(item, dict) else None for item in found]
        files = [path / name for name in _names(found, path / STATE)]
        if not files:
            raise DataError("lists no data files; expected at least one", path / STATE)
        features = info.get("features")
        return files, features if isinstance(features, dict) else {}
    files = sorted((*path.glob("*.parquet"), *path.glob("*.arrow")))
    if not files:
        raise DataError("the folder holds neither a dataset nor Parquet files", path)
    splits = sorted({file.name.partition("-")[0] for file in files if "-of-" in file.name})
    if len(splits) > 1:
        raise DataError(
            f"holds the splits {', '.join(splits)}; put the files of each into a separate folder",
            path,
        )
    return files, {}


def _names(found: Any, path: Path) -> list[str]:
    """Return the names of files or folders that a description of `datasets` lists."""
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise DataError("lists no names of files or splits; expected strings", path)
    return found


def _rows(files: Sequence[Path]) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    pa = _pyarrow()
    for path in files:
        number = 0
        with translate_file_errors(path), ExitStack() as stack:
            try:
                for batch in _record_batches(path, stack):
                    batch.validate(full=True)  # an Arrow file may hold offsets beyond its data
                    for row in batch.to_pylist():
                        number += 1
                        yield path, number, row
            except (pa.ArrowException, *MALFORMED) as error:
                raise DataError(f"is damaged after row {number}: {error}", path) from error


def _record_batches(path: Path, stack: ExitStack) -> Iterator[Any]:
    """Yield the record batches of a file."""
    pa = _pyarrow()
    if _is_parquet(path):
        import pyarrow.parquet as pq

        yield from stack.enter_context(pq.ParquetFile(path)).iter_batches(BATCH_ROWS)
        return
    reader = _arrow(stack.enter_context(pa.memory_map(str(path))), pa)
    if hasattr(reader, "num_record_batches"):
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)
    else:
        yield from reader


def _arrow(file: Any, pa: Any) -> Any:
    # Of a memory map, pyarrow allocates nothing by the sizes that a damaged file states.
    try:
        return pa.ipc.open_stream(file)
    except pa.ArrowInvalid:
        file.seek(0)
        return pa.ipc.open_file(file)


def _schema(path: Path) -> Any:
    pa = _pyarrow()
    with translate_file_errors(path):
        try:
            if _is_parquet(path):
                import pyarrow.parquet as pq

                return pq.read_schema(path)
            with pa.memory_map(str(path)) as file:
                return _arrow(file, pa).schema
        except (pa.ArrowException, *MALFORMED) as error:
            raise DataError(
                f"is neither a Parquet nor an Arrow file, or is damaged: {error}", path
            ) from error


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _features(metadata: Mapping[bytes, bytes]) -> Features:
    try:
        described = json.loads(metadata.get(b"huggingface", b"{}"))
        found = described["info"]["features"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _json(path: Path) -> dict[str, Any]:
    with translate_file_errors(path):
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise DataError(f"not JSON: {error}", path) from error
    if not isinstance(value, dict):
        raise DataError("expected a JSON object", path)
    return value


def _pyarrow() -> Any:
    require("a Parquet file or datasets folder", "parquet")
    import pyarrow as pa
    import pyarrow.ipc

    return pa
