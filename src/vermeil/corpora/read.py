"""Reading of corpora: from files to documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.registry import FORMATS
from vermeil.corpora.id_index import IdIndex
from vermeil.corpora.recognise import recognise, recognise_array, with_named_format
from vermeil.corpora.source import Line, LocatedDocument, add_error_location, read_lines
from vermeil.corpora.tools.registry import TOOLS
from vermeil.data.document import Document
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
    config, lines = _with_format(config)
    assert config.format != "auto"
    if config.text_key is not None and config.format not in TOOLS:
        raise DataError(
            f"is in the format {config.format}, which has no text key; omit text_key "
            f"(--text-key). Formats with it: {', '.join(TOOLS)}",
            config.path,
        )
    yield from FORMATS[config.format].read(config, lines)


def _with_format(config: CorpusConfig) -> tuple[CorpusConfig, Iterable[Line]]:
    """Return the corpus with its recognised format, and the lines of its file."""
    lines: Iterable[Line] = read_lines(config.path)  # lazy: opened on first use
    if config.format != "auto":
        return config, lines
    found = "text" if config.text_unit == "file" else recognise_array(config.path)
    if found is None:
        lines = iter(lines)
        first = list(islice(lines, _PEEK))
        found, lines = recognise(config, first), chain(first, lines)
    return config.model_copy(update={"format": found}), lines
