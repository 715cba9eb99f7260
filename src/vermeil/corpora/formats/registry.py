"""Table of the file formats of corpora."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from vermeil.corpora.config import CorpusConfig, FileFormat
from vermeil.corpora.formats.arrow import looks_like_table, write_datasets, write_parquet
from vermeil.corpora.formats.brat import read_brat, write_brat
from vermeil.corpora.formats.column_folder import (
    COLUMN_ENDINGS,
    column_files,
    describe_files,
    holds_columns,
)
from vermeil.corpora.formats.column_layout import has_equal_rows, layout_of, looks_like_columns
from vermeil.corpora.formats.conll import conll_tags, conll_texts, read_conll
from vermeil.corpora.formats.conll04 import conll04_lines, looks_like_conll04, read_conll04
from vermeil.corpora.formats.corpus_format import CorpusFormat, FileStart
from vermeil.corpora.formats.csv_table import csv_lines, looks_like_csv, read_csv
from vermeil.corpora.formats.docbin import read_docbin, write_docbin
from vermeil.corpora.formats.documents.reader import (
    READERS,
    holds_documents,
    read_documents,
    refuse_to_write,
)
from vermeil.corpora.formats.gliner import gliner_lines, looks_like_gliner, read_gliner
from vermeil.corpora.formats.gliner2 import gliner2_lines, looks_like_gliner2, read_gliner2
from vermeil.corpora.formats.jsonl import json_lines, read_jsonl
from vermeil.corpora.formats.tables import WordRows, read_table, text_columns, text_rows
from vermeil.corpora.formats.text import (
    read_lines_of_files,
    read_text_files,
    read_text_lines,
    text_lines,
)
from vermeil.corpora.formats.tokens import (
    looks_like_tokens,
    read_tokens,
    token_keys,
    token_rows,
    token_tags,
)
from vermeil.corpora.formats.webanno.escapes import HEADER
from vermeil.corpora.formats.webanno.reader import holds_webanno, read_webanno
from vermeil.corpora.formats.webanno.writer import write_webanno
from vermeil.corpora.objects import Objects, is_array, read_object_file, read_object_lines
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import (
    PEEKED_LINES,
    STDIN,
    Line,
    LocatedDocument,
    read_lines,
    stem_of,
    translate_file_errors,
)
from vermeil.corpora.target import WriteTarget, write_text_file
from vermeil.corpora.tools.registry import TOOLS, Tool, read_tool, tool_lines
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.data.tags import ReadScheme, detect_scheme
from vermeil.errors import DataError

Chunks = Callable[[Iterable[Document], WriteTarget], Iterator[str]]


def _read_conll(
    config: CorpusConfig, lines: Iterable[Line], reading: Reading
) -> Iterator[LocatedDocument]:
    if config.path != STDIN and config.path.is_dir():
        return _read_column_folder(config, reading)
    if config.path == STDIN:
        lines = iter(lines)
        surveyed: Iterable[Line] = list(islice(lines, PEEKED_LINES))
        lines = chain(surveyed, lines)
    else:
        surveyed = read_lines(config.path)
    with translate_malformed(config.path):
        layout = layout_of(surveyed, config, with_tags=reading.with_tags)
    reading.choices.update(layout.describe() if reading.with_tags else layout.describe_words())
    scheme = _scheme(
        config,
        reading,
        lambda: conll_tags(read_lines(config.path), config, layout),
        has_tags=layout.has_tags,
    )
    return _located(read_conll(lines, config, scheme, layout, reading), config)


def _read_column_folder(config: CorpusConfig, reading: Reading) -> Iterator[LocatedDocument]:
    """Read the files of a folder in the order of their names, with one tag scheme."""
    with translate_file_errors(config.path):
        files = column_files(config.path)
    if not files:
        raise DataError(
            f"the folder holds no file in columns ({', '.join(COLUMN_ENDINGS)})", config.path
        )
    reading.choices["files"] = describe_files(files)
    settings = [config.model_copy(update={"path": file.path}) for file in files]
    layouts = []
    for one in settings:
        with translate_malformed(one.path):
            layouts.append(layout_of(read_lines(one.path), one, with_tags=reading.with_tags))
    described = [x.describe() if reading.with_tags else x.describe_words() for x in layouts]
    reading.choices.update(described[0])
    reading.warnings += [
        f"{file.path.name} has other columns ({', '.join(map(': '.join, found.items()))})"
        for file, found in zip(files, described, strict=True)
        if found != described[0]
    ]

    def tags() -> Iterator[tuple[int, list[str]]]:
        for one, layout in zip(settings, layouts, strict=True):
            yield from conll_tags(read_lines(one.path), one, layout)

    scheme = _scheme(config, reading, tags, has_tags=any(one.has_tags for one in layouts))
    for file, one, layout in zip(files, settings, layouts, strict=True):
        for line, document in read_conll(read_lines(file.path), one, scheme, layout, reading):
            yield LocatedDocument(file.path, line, file.place(document))


def _read_jsonl(
    config: CorpusConfig, lines: Iterable[Line], reading: Reading
) -> Iterator[LocatedDocument]:
    return _located(read_jsonl(_objects(config, lines), config.path, reading), config)


_OTHER_UNIT = {
    "line": " (a whole file is one with --unit file, or text_unit)",
    "file": " (a line is one with --unit line, or text_unit)",
}
"""Hint at the other way to read plain text, by the chosen one."""


def _read_text(
    config: CorpusConfig, lines: Iterable[Line], reading: Reading
) -> Iterator[LocatedDocument]:
    is_folder = config.path != STDIN and config.path.is_dir()
    unit = ("file" if is_folder else "line") if config.text_unit == "auto" else config.text_unit
    other = "" if config.text_unit != "auto" else _OTHER_UNIT[unit]
    reading.choices["documents"] = f"one per {unit}{other}"
    if unit == "file":
        return read_text_files(config.path)
    if is_folder:
        return read_lines_of_files(config.path)
    lines = iter(lines)
    first = list(islice(lines, PEEKED_LINES))
    if columns := has_equal_rows(first):
        reading.warnings.append(
            f"the rows have {columns} columns each and were read as plain text; if they are words "
            f"and tags, write conll:{config.path}"
        )
    return _located(read_text_lines(chain(first, lines), config.path), config)


def _read_tokens(
    config: CorpusConfig, lines: Iterable[Line], reading: Reading
) -> Iterator[LocatedDocument]:
    objects: Objects
    if config.path == STDIN:
        all_objects = iter(_objects(config, lines))
        first = list(islice(all_objects, 1))
        keys, objects = token_keys(first, config), chain(first, all_objects)
    else:
        keys = token_keys(read_object_file(config.path), config)
        objects = _objects(config, lines)
    reading.choices.update(keys.describe())
    scheme = _scheme(
        config,
        reading,
        lambda: token_tags(read_object_file(config.path), config, keys),
        has_tags=keys.tags is not None,
    )
    return _located(read_tokens(objects, config, scheme, keys, reading), config)


def _located(
    numbered: Iterable[tuple[int, Document]], config: CorpusConfig
) -> Iterator[LocatedDocument]:
    return (LocatedDocument(config.path, line, document) for line, document in numbered)


def _objects(config: CorpusConfig, lines: Iterable[Line]) -> Objects:
    """Return the objects of a file; a pipe is read only once, from its lines."""
    if is_array(config.path):
        return read_object_file(config.path)
    return read_object_lines(lines, config.path)


def _scheme(
    config: CorpusConfig,
    reading: Reading,
    read_tags: Callable[[], Iterator[tuple[int, Any]]],
    *,
    has_tags: bool,
) -> ReadScheme:
    """Return the configured tag scheme, or recognise it from all tags of the file."""
    if not (has_tags and reading.with_tags):
        return "iob2"
    scheme = config.scheme
    if scheme == "auto":
        if config.path == STDIN:
            raise DataError(
                "the tag scheme cannot be recognised, since standard input is read only once; "
                "set scheme to iob1, iob2, bioes or io",
                config.path,
            )
        with translate_malformed(config.path):
            scheme = detect_scheme(tags for _, tags in read_tags())
    reading.choices["scheme"] = scheme
    return scheme


def _text_writer(chunks: Chunks) -> Callable[[Iterable[Document], WriteTarget], None]:
    """Return the ``write`` function of a text format."""
    return lambda documents, to: write_text_file(chunks(documents, to), to.path)


def _words_writer(
    write_table: Callable[..., None],
) -> Callable[[Iterable[Document], WriteTarget], None]:
    """Return the ``write`` function of a table of words and tags."""

    def write(documents: Iterable[Document], to: WriteTarget) -> None:
        words = WordRows(to.scheme, to.losses)
        write_table(words.rows(documents), words.columns(), to.path)

    return write


def _has_files(ending: str) -> Callable[[Path], bool]:
    return lambda path: any(True for _ in islice(path.rglob(f"*{ending}"), 1))


def _is_record(recognises: Callable[[Mapping[str, Any]], bool]) -> Callable[[FileStart], bool]:
    return lambda start: start.record is not None and recognises(start.record)


def _tool_format(tool: Tool) -> CorpusFormat:
    """Return the file format of an annotation tool."""
    return CorpusFormat(
        read=lambda config, lines, _: _located(
            read_tool(_objects(config, lines), config, tool), config
        ),
        write=_text_writer(lambda documents, _: tool_lines(documents, tool)),
        recognises=_is_record(tool.recognises),
        recognises_record=tool.recognises,
    )


FORMATS: dict[FileFormat, CorpusFormat] = {
    "datasets": CorpusFormat(
        read=lambda config, _, reading: read_table(config, reading),
        write=lambda documents, to: write_datasets(text_rows(documents), text_columns(), to.path),
        recognises_folder=looks_like_table,
        is_folder=lambda _: True,
        read_only_endings=(".arrow",),
        extra="parquet",
    ),
    "datasets-tokens": CorpusFormat(
        read=lambda config, _, reading: read_table(config, reading),
        write=_words_writer(write_datasets),
        is_folder=lambda _: True,
        extra="parquet",
    ),
    "parquet": CorpusFormat(
        read=lambda config, _, reading: read_table(config, reading),
        write=lambda documents, to: write_parquet(text_rows(documents), text_columns(), to.path),
        endings=(".parquet",),
        extra="parquet",
    ),
    "parquet-tokens": CorpusFormat(
        read=lambda config, _, reading: read_table(config, reading),
        write=_words_writer(write_parquet),
        extra="parquet",
    ),
    "brat": CorpusFormat(
        read=lambda config, _, __: read_brat(config.path),
        write=lambda documents, to: write_brat(documents, to.path, to.losses),
        recognises_folder=_has_files(".ann"),
        is_folder=lambda _: True,
        read_only_endings=(".ann",),
    ),
    "docbin": CorpusFormat(
        read=lambda config, _, reading: read_docbin(config, reading),
        write=lambda documents, to: write_docbin(documents, to.path),
        recognises_folder=_has_files(".spacy"),
        endings=(".spacy",),
        extra="spacy",
    ),
    "webanno": CorpusFormat(
        read=read_webanno,
        write=lambda documents, to: write_webanno(documents, to.path, to.losses),
        recognises=lambda start: start.opening.text.startswith(HEADER),
        recognises_folder=holds_webanno,
        is_folder=lambda path: path.suffix != ".tsv",
    ),
    "conll04": CorpusFormat(
        read=lambda config, lines, reading: _located(
            read_conll04(_objects(config, lines), config.path, reading), config
        ),
        write=_text_writer(lambda documents, to: conll04_lines(documents, to.losses)),
        recognises=_is_record(looks_like_conll04),
        recognises_record=looks_like_conll04,
    ),
    "tokens": CorpusFormat(
        read=_read_tokens,
        write=_text_writer(
            lambda documents, to: token_rows(
                documents, CorpusConfig(path=to.path), to.scheme, to.losses
            )
        ),
        recognises=_is_record(looks_like_tokens),
        recognises_record=looks_like_tokens,
    ),
    "gliner": CorpusFormat(
        read=lambda config, lines, _: _located(
            read_gliner(_objects(config, lines), config), config
        ),
        write=_text_writer(lambda documents, to: gliner_lines(documents, to.losses)),
        recognises=_is_record(looks_like_gliner),
        recognises_record=looks_like_gliner,
    ),
    "gliner2": CorpusFormat(
        read=lambda config, lines, _: _located(
            read_gliner2(_objects(config, lines), config), config
        ),
        write=_text_writer(lambda documents, to: gliner2_lines(documents, to.losses)),
        recognises=_is_record(looks_like_gliner2),
        recognises_record=looks_like_gliner2,
    ),
    **{name: _tool_format(tool) for name, tool in TOOLS.items()},
    "jsonl": CorpusFormat(
        read=_read_jsonl,
        write=_text_writer(lambda documents, _: json_lines(documents)),
        recognises=_is_record(lambda _: True),
        recognises_record=lambda _: True,
        endings=(".jsonl", ".ndjson", ".json"),
    ),
    "csv": CorpusFormat(
        read=lambda config, lines, reading: _located(read_csv(lines, config, reading), config),
        write=_text_writer(lambda documents, to: csv_lines(documents, to.losses)),
        recognises=looks_like_csv,
        endings=(".csv",),
    ),
    "conll": CorpusFormat(
        read=_read_conll,
        write=_text_writer(
            lambda documents, to: conll_texts(documents, stem_of(to.path), to.scheme, to.losses)
        ),
        recognises=lambda start: looks_like_columns(start.lines, start.config),
        recognises_folder=holds_columns,
        endings=COLUMN_ENDINGS,
    ),
    "documents": CorpusFormat(
        read=read_documents,
        write=refuse_to_write,
        recognises_folder=holds_documents,
        read_only_endings=tuple(READERS),
        extra="documents",
    ),
    "text": CorpusFormat(
        read=_read_text,
        write=_text_writer(
            lambda documents, to: text_lines(documents, stem_of(to.path), to.losses)
        ),
        recognises=lambda start: start.config.path == STDIN,
        recognises_folder=lambda _: True,
        endings=(".txt", ".text", ".md"),
    ),
}
"""Name to format. The first format that recognises a file, folder or JSON object is chosen."""
