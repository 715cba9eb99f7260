"""Partitions: the files of a local or remote folder, read and written through pyarrow."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any
from uuid import uuid4

from vermeil.cluster.storage import StorageUri
from vermeil.corpora.formats.jsonl import read_jsonl
from vermeil.corpora.formats.text import read_text_lines
from vermeil.corpora.id_index import IdIndex
from vermeil.corpora.objects import read_objects
from vermeil.corpora.source import Line, add_error_location, decode_line, stem_of
from vermeil.corpora.tokenised import join_words
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.data.records import document_from_record, document_to_line, document_to_record
from vermeil.errors import DataError

_EXTENSIONS = {".jsonl": "jsonl", ".txt": "text", ".parquet": "parquet"}
_ROWS = 2048
"""Rows of a Parquet file per batch."""


def list_partitions(source: StorageUri) -> list[str]:
    """Return the names of the files of a folder: .jsonl and .txt (.gz too), .parquet.

    Raises:
        DataError: the folder is empty or missing, or contains a file of another format.
    """
    files = source.list_files()
    if not files:
        raise DataError("holds no file or does not exist; expected a folder of files", source.uri)
    unsupported = [name for name in files if _extension(name) not in _EXTENSIONS]
    if unsupported:
        raise DataError(
            f"holds {unsupported[0]} and {len(unsupported) - 1} more that are neither .jsonl, .txt "
            "(.gz too) nor .parquet; move them to another folder",
            source.uri,
        )
    return files


def output_name(name: str) -> str:
    """Return the name of the output file of a partition."""
    stem, compressed = name.removesuffix(".gz"), name.endswith(".gz")
    if stem.endswith(".txt"):
        stem = stem.removesuffix(".txt") + ".jsonl"
    return stem + ".gz" if compressed else stem


def _extension(name: str) -> str:
    return PurePosixPath(name.removesuffix(".gz")).suffix


class Partition:
    """An input file and its output file, which appears only when it is complete.

    Args:
        name: relative path of the input file.
        source: folder of the input file.
        output: folder of the output file.
    """

    def __init__(self, name: str, source: StorageUri, output: StorageUri) -> None:
        self.name, self._source, self._output = name, source, output
        self._kind = _EXTENSIONS[_extension(name)]

    def convert(self, predict: Any) -> int:
        """Read the documents, predict them, and write the results.

        Args:
            predict: function from documents to annotated documents, in order.

        Returns:
            The number of documents.

        Raises:
            DataError: the file cannot be parsed.
        """
        if self._kind == "parquet":
            return self._convert_parquet(predict)
        with self._open_input() as file, self._open_output() as out:
            return _write_lines(predict(self._check_ids(self._read(file))), out)

    def _read(self, file: IO[bytes]) -> Iterator[tuple[int, Document]]:
        path = Path(self.name)
        lines = _lines(file, path)
        if self._kind == "jsonl":
            return read_jsonl(read_objects(lines, path), path)
        return read_text_lines(lines, path)

    def _check_ids(self, found: Iterable[tuple[int, Document]]) -> Iterator[Document]:
        path = Path(self.name)
        with IdIndex() as seen:
            for line, document in found:
                with add_error_location(path, line):
                    seen.add(document, line)
                yield document

    @contextmanager
    def _open_input(self) -> Iterator[IO[bytes]]:
        system, root = self._source.open()
        path = f"{root}/{self.name}"
        try:
            with system.open_input_stream(path, compression=None) as raw:
                if path.endswith(".gz"):
                    with gzip.open(raw) as file:
                        yield file  # type: ignore[misc]
                else:
                    yield raw
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"cannot be read ({error})", path) from error

    @contextmanager
    def _temporary_output(self) -> Iterator[tuple[Any, str]]:
        """Yield a hidden path, which is renamed to the output's name at the end."""
        system, root = self._output.open()
        final = PurePosixPath(root) / output_name(self.name)
        partial = str(final.with_name(f".{final.name}.{uuid4().hex[:8]}.part"))
        system.create_dir(str(final.parent), recursive=True)
        try:
            yield system, partial
            system.move(partial, str(final))
        except BaseException:
            if system.get_file_info(partial).is_file:
                system.delete_file(partial)
            raise

    @contextmanager
    def _open_output(self) -> Iterator[IO[bytes]]:
        with (
            self._temporary_output() as (system, partial),
            system.open_output_stream(partial, compression=None) as raw,
        ):
            if self.name.endswith(".gz"):
                with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file:
                    yield file  # type: ignore[misc]
            else:
                yield raw

    def _convert_parquet(self, predict: Any) -> int:
        """Convert a Parquet file: keep its columns and add those of the annotation."""
        import pyarrow as pa
        from pyarrow import parquet

        system, root = self._source.open()
        rows_read = 0
        with system.open_input_file(f"{root}/{self.name}") as raw, IdIndex() as seen:
            source = parquet.ParquetFile(raw)
            kept = [f for f in source.schema_arrow if f.name not in _ANNOTATION_COLUMNS]
            schema = pa.schema([*kept, *_annotation_fields()])
            with (
                self._temporary_output() as (out, partial),
                out.open_output_stream(partial) as file,
                parquet.ParquetWriter(file, schema) as writer,
            ):
                stem = stem_of(Path(self.name))
                for batch in source.iter_batches(_ROWS):
                    documents = list(_documents_from_rows(batch.to_pylist(), stem, rows_read))
                    for row, document in enumerate(documents, rows_read + 1):
                        seen.add(document, row)
                    columns = [batch.column(f.name) for f in kept]
                    columns += _annotation_columns(list(predict(documents)))
                    writer.write_table(pa.Table.from_arrays(columns, schema=schema))
                    rows_read += len(documents)
        return rows_read


_ANNOTATION_COLUMNS = ("spans", "labels")


def _annotation_fields() -> list[Any]:
    import pyarrow as pa

    span = pa.struct(
        [
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("label", pa.string()),
            ("score", pa.float64()),
        ]
    )
    return [pa.field("spans", pa.list_(span)), pa.field("labels", pa.list_(pa.string()))]


def _annotation_columns(documents: list[Document]) -> list[Any]:
    import pyarrow as pa

    records = [document_to_record(document) for document in documents]
    return [
        pa.array([record.get(field.name) for record in records], field.type)
        for field in _annotation_fields()
    ]


def _documents_from_rows(
    rows: Iterable[dict[str, Any]], stem: str, offset: int
) -> Iterator[Document]:
    """Yield the documents of rows with column text or tokens (words), and optional id and group."""
    for number, row in enumerate(rows, offset + 1):
        record = {"id": str(row.get("id") or f"{stem}:{number}"), "group": row.get("group")}
        with translate_malformed(Path(stem), number):
            if row.get("text") is not None:
                record["text"] = row["text"]
            elif row.get("tokens") is not None:
                record["text"], ranges = join_words(row["tokens"])
                record["tokens"] = [list(range_) for range_ in ranges]
            else:
                raise DataError('has neither "text" nor "tokens"; expected one of these columns')
            yield document_from_record(record)


def _lines(file: IO[bytes], path: Path) -> Iterator[Line]:
    for number, raw in enumerate(_split(file), 1):
        yield Line(number, decode_line(raw, path, number))


def _split(file: IO[bytes]) -> Iterator[bytes]:
    """Yield lines without line ends; pyarrow's streams do not iterate over lines."""
    incomplete = b""
    while block := file.read(1 << 20):
        *lines, incomplete = (incomplete + block).split(b"\n")
        yield from lines
    if incomplete:
        yield incomplete


def _write_lines(documents: Iterable[Document], out: IO[bytes]) -> int:
    count = 0
    for document in documents:
        out.write(document_to_line(document).encode() + b"\n")
        count += 1
    return count
