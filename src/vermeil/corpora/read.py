"""Files to documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.conll import conll_tags, read_conll
from vermeil.corpora.formats import recognise
from vermeil.corpora.jsonl import read_jsonl
from vermeil.corpora.seen import SeenIds
from vermeil.corpora.source import STDIN, Found, Line, located, read_lines
from vermeil.corpora.text import read_text_files, read_text_lines
from vermeil.corpora.tokens import read_tokens, token_tags
from vermeil.data.document import Document
from vermeil.data.tags import Scheme, detect_scheme
from vermeil.errors import DataError

_PEEK = 200
"""Lines that are looked at to recognise a format."""


def read_corpus(
    config: CorpusConfig, check: Callable[[Document], None] | None = None
) -> Iterator[Document]:
    """Read the documents of a corpus, one at a time.

    A file whose tag scheme is to be recognised is read twice. The path ``-`` is standard input.

    Args:
        config: which file, and how it is written.
        check: raises `DataError` for a document that cannot be used, e.g. a task's ``check``; the
            error is given the document's file and line.

    Yields:
        Documents in the order of the file.

    Raises:
        DataError: the file is missing, empty, damaged or not UTF-8; a record is not what the
            format says; an id stands twice; tags mix schemes; or ``check`` says so.
    """
    with SeenIds() as seen:
        for path, line, document in _found(config):
            with located(path, line):
                seen.add(document, line)
                if check is not None:
                    check(document)
            yield document
        if not seen:
            raise DataError("holds no document; expected at least one", config.path)


def _found(config: CorpusConfig) -> Iterator[Found]:
    path = config.path
    if config.format in ("auto", "text") and (config.text_unit == "file" or path.is_dir()):
        yield from read_text_files(path)
        return
    lines: Iterable[Line] = read_lines(path)
    if config.format == "auto":
        lines = iter(lines)
        first = list(islice(lines, _PEEK))
        config = config.model_copy(update={"format": recognise(config, first)})
        lines = chain(first, lines)
    for line, document in _documents(lines, config):
        yield Found(path, line, document)


def _documents(lines: Iterable[Line], config: CorpusConfig) -> Iterator[tuple[int, Document]]:
    match config.format:
        case "jsonl":
            return read_jsonl(lines, config.path)
        case "tokens":
            return read_tokens(lines, config, _scheme(config))
        case "conll":
            return read_conll(lines, config, _scheme(config))
        case _:
            return read_text_lines(lines, config.path)


def _scheme(config: CorpusConfig) -> Scheme:
    if config.scheme != "auto":
        return config.scheme
    if config.path == STDIN:
        raise DataError(
            "the tag scheme cannot be recognised, since standard input is read only once; "
            "name it: iob1, iob2 or bioes",
            config.path,
        )
    read = conll_tags if config.format == "conll" else token_tags
    with located(Path(config.path)):
        return detect_scheme(tags for _, tags in read(read_lines(config.path), config))
