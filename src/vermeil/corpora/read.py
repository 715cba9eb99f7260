"""Reading of corpora: from files to documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.brat import read_brat
from vermeil.corpora.formats.conll import conll_tags, read_conll
from vermeil.corpora.formats.docbin import read_docbin
from vermeil.corpora.formats.jsonl import read_jsonl
from vermeil.corpora.formats.tables import read_table
from vermeil.corpora.formats.text import read_text_files, read_text_lines
from vermeil.corpora.formats.tokens import read_tokens, token_tags
from vermeil.corpora.formats.webanno.reader import read_webanno, webanno_document
from vermeil.corpora.id_index import IdIndex
from vermeil.corpora.objects import Objects, is_array, read_object_file, read_object_lines
from vermeil.corpora.recognise import OBJECT_FORMATS, recognise, recognise_array, with_named_format
from vermeil.corpora.source import (
    STDIN,
    Line,
    LocatedDocument,
    add_error_location,
    read_lines,
    stem_of,
)
from vermeil.corpora.tools.registry import TOOLS, read_tool
from vermeil.data.document import Document
from vermeil.data.tags import Scheme, detect_scheme
from vermeil.errors import DataError

_PEEK = 200
"""Number of lines from which a format is recognised."""


def read_corpus(
    config: CorpusConfig | Path | str, check: Callable[[Document], None] | None = None
) -> Iterator[Document]:
    """Read the documents of a corpus, one at a time.

    The path ``-`` is standard input. A file is read twice if its tag scheme has to be recognised.

    Args:
        config: the file or folder, and its format. A path alone may begin with a format
            (``brat:folder``); otherwise the format is recognised.
        check: raises `DataError` for a document that cannot be used, e.g. a task's ``check``. The
            document's file and line are added to the error.

    Returns:
        The documents in the order of the file; errors in the file are raised during iteration.

    Raises:
        ConfigError: the packages that read the format are not installed; raised at once.
        DataError: the file is missing, empty, damaged or not UTF-8; a record breaks the format; an
            id is repeated; tags mix schemes; or ``check`` failed.
    """
    corpus = config if isinstance(config, CorpusConfig) else CorpusConfig.model_validate(config)
    return _documents(with_named_format(corpus), check)


def _documents(
    config: CorpusConfig, check: Callable[[Document], None] | None
) -> Iterator[Document]:
    with IdIndex() as ids:
        for path, line, document in _read_located(config):
            with add_error_location(path, line):
                ids.add(document, line)
                if check is not None:
                    check(document)
            yield document
        if not ids:
            raise DataError("holds no document; expected at least one", config.path)


def _read_located(config: CorpusConfig) -> Iterator[LocatedDocument]:
    path = config.path
    if config.format == "auto":
        known = "text" if config.text_unit == "file" else recognise_array(path)
        config = config if known is None else config.model_copy(update={"format": known})
    match config.format:
        case "text" if config.text_unit == "file" or path.is_dir():
            yield from read_text_files(path)
        case "brat":
            yield from read_brat(path)
        case "docbin":
            yield from read_docbin(path)
        case "parquet" | "parquet-tokens" | "datasets" | "datasets-tokens":
            yield from read_table(path, config)
        case "webanno":
            yield from read_webanno(path, config)
        case _:
            yield from (LocatedDocument(path, *found) for found in _from_lines(config))


def _from_lines(config: CorpusConfig) -> Iterator[tuple[int | None, Document]]:
    """Read a format of lines or JSON objects; a pipe is read only once."""
    path = config.path
    if config.format in OBJECT_FORMATS and is_array(path):
        return _objects(read_object_file(path), config)
    config, lines = _with_format(config)
    match config.format:
        case "conll":
            return read_conll(lines, config, _scheme(config))
        case "text":
            return read_text_lines(lines, path)
        case "webanno":
            document = webanno_document(lines, path, stem_of(path), config.tag_key)
            return iter([(None, document)])
        case _:
            return _objects(read_object_lines(lines, path), config)


def _with_format(config: CorpusConfig) -> tuple[CorpusConfig, Iterable[Line]]:
    """Return the corpus with its recognised format, and its lines."""
    lines: Iterable[Line] = read_lines(config.path)
    if config.format != "auto":
        return config, lines
    lines = iter(lines)
    first = list(islice(lines, _PEEK))
    found = recognise(config, first)
    return config.model_copy(update={"format": found}), chain(first, lines)


def _objects(objects: Objects, config: CorpusConfig) -> Iterator[tuple[int, Document]]:
    if config.format == "jsonl":
        return read_jsonl(objects, config.path)
    if config.format == "tokens":
        return read_tokens(objects, config, _scheme(config))
    assert config.format != "auto"
    return read_tool(objects, config, TOOLS[config.format])


def _scheme(config: CorpusConfig) -> Scheme:
    if config.scheme != "auto":
        return config.scheme
    path = config.path
    if path == STDIN:
        raise DataError(
            "the tag scheme cannot be recognised, since standard input is read only once; "
            "set scheme to iob1, iob2 or bioes",
            path,
        )
    if config.format == "conll":
        tags = conll_tags(read_lines(path), config)
    else:
        tags = token_tags(read_object_file(path), config)
    with add_error_location(path):
        return detect_scheme(found for _, found in tags)
