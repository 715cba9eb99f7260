"""Reading of corpora: from files to documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.registry import FORMATS
from vermeil.corpora.id_index import IdIndex
from vermeil.corpora.reading import LOGGER, Reading, ReadReport
from vermeil.corpora.recognise import recognise, recognise_array, with_named_format
from vermeil.corpora.source import (
    PEEKED_LINES,
    Line,
    LocatedDocument,
    add_error_location,
    read_lines,
)
from vermeil.corpora.tools.registry import TOOLS
from vermeil.corpora.unread import EXCLUDED_TEACHERS, unread_of
from vermeil.data.document import Document
from vermeil.data.ledger import teachers_of, without_teachers
from vermeil.data.malformed import translate_malformed
from vermeil.errors import DataError

_TABLES = ("tokens", "parquet", "parquet-tokens", "datasets", "datasets-tokens")
_USED_BY: dict[str, tuple[str, ...]] = {
    "word_column": ("conll",),
    "tag_column": ("conll",),
    "group_column": ("conll",),
    "tag_key": (*_TABLES, "conll", "csv", "webanno"),
    "token_key": _TABLES,
    "text_key": (*_TABLES, "csv", *TOOLS),
    "id_key": (*_TABLES, "csv"),
    "span_group": ("docbin",),
}
"""Options that only some formats use. Another format leads to a warning."""


def read_corpus(
    config: CorpusConfig | Path | str,
    check: Callable[[Document], None] | None = None,
    on_read: Callable[[ReadReport], None] | None = None,
    *,
    with_tags: bool = True,
) -> Iterator[Document]:
    """Read the documents of a corpus, one at a time.

    The path ``-`` is standard input. A file is read several times if its columns, keys or tag
    scheme have to be recognised. When all documents were read, the logger ``vermeil.corpora``
    receives one line with the format, the choices and the counts.

    Args:
        config: the file or folder, and its format. A path alone may begin with a format
            (``brat:folder``); otherwise the format is recognised.
        check: raises `DataError` for a document that cannot be used, e.g. a task's ``check``. The
            document's file and line are added to the error.
        on_read: called with the report when all documents were read.
        with_tags: read the tags of columns and token lists; False if only the texts are needed.

    Returns:
        The documents in the order of the file; errors in the file are raised during iteration.

    Raises:
        ConfigError: the packages that read the format are not installed; raised at once.
        DataError: the file is missing, empty, damaged or not UTF-8; a record breaks the format; a
            named column, key or layer is missing; several columns may hold the tags; an id is
            repeated; tags mix schemes; or ``check`` failed.
    """
    corpus = config if isinstance(config, CorpusConfig) else CorpusConfig.model_validate(config)
    reading = Reading(with_tags=with_tags)
    return _documents(with_named_format(corpus), check, reading, on_read)


def _documents(
    config: CorpusConfig,
    check: Callable[[Document], None] | None,
    reading: Reading,
    on_read: Callable[[ReadReport], None] | None,
) -> Iterator[Document]:
    with translate_malformed(config.path):
        config, lines = _with_format(config)
    assert config.format != "auto"
    unread: Counter[str] = Counter()
    documents = annotated = 0
    teachers: set[str] = set()
    with IdIndex() as ids:
        for path, line, found in _read(config, lines, reading):
            document = found
            if config.exclude_teachers:
                teachers |= {teacher.model for teacher in teachers_of(found)}
                document = without_teachers(found, config.exclude_teachers)
                unread[EXCLUDED_TEACHERS] += document is not found
            with add_error_location(path, line):
                ids.add(document, line)
                if check is not None:
                    check(document)
            documents += 1
            annotated += not document.annotation.is_empty
            unread.update(unread_of(document))
            yield document
        if not ids:
            raise DataError("holds no document; expected at least one", config.path)
    report = ReadReport(
        path=config.path,
        format=config.format,
        choices=reading.choices,
        documents=documents,
        annotated=annotated,
        skipped={name: n for name, n in (*reading.skipped.items(), *unread.items()) if n},
        warnings=(
            *reading.warnings,
            *_unused_options(config),
            *_unknown_teachers(config, teachers),
        ),
    )
    LOGGER.info(report.describe())
    if on_read is not None:
        on_read(report)


def _read(
    config: CorpusConfig, lines: Iterable[Line], reading: Reading
) -> Iterator[LocatedDocument]:
    """Yield the documents of a file; malformed content of any kind is a `DataError`."""
    assert config.format != "auto"
    with translate_malformed(config.path):
        yield from FORMATS[config.format].read(config, lines, reading)


def _unused_options(config: CorpusConfig) -> Iterator[str]:
    for option, formats in _USED_BY.items():
        if getattr(config, option) is not None and config.format not in formats:
            yield f"{option} is not used by the format {config.format}"


def _unknown_teachers(config: CorpusConfig, teachers: Collection[str]) -> Iterator[str]:
    for name in config.exclude_teachers or ():
        if name not in teachers:
            known = ", ".join(sorted(teachers)) or "none"
            yield f"exclude_teachers: no silver is of {name}; teachers of this file: {known}"


def _with_format(config: CorpusConfig) -> tuple[CorpusConfig, Iterable[Line]]:
    """Return the corpus with its recognised format, and the lines of its file."""
    lines: Iterable[Line] = read_lines(config.path)  # lazy: opened on first use
    if config.format != "auto":
        return config, lines
    found = "text" if config.text_unit == "file" else recognise_array(config.path)
    if found is None:
        lines = iter(lines)
        first = list(islice(lines, PEEKED_LINES))
        found, lines = recognise(config, first), chain(first, lines)
    return config.model_copy(update={"format": found}), lines
