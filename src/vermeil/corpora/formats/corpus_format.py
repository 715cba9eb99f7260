"""Description of a file format: the functions that read, write and recognise it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.objects import read_object_lines
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import Line, LocatedDocument
from vermeil.corpora.target import WriteTarget
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed


class FileStart:
    """First lines of a text file, from which its format is recognised.

    Args:
        config: the file, and the column of its tags.
        lines: the first lines.
        holds_objects: the lines are expected to be JSON objects.
    """

    def __init__(self, config: CorpusConfig, lines: Sequence[Line], *, holds_objects: bool) -> None:
        self.config = config
        self.lines = lines
        self.opening = next((line for line in lines if line.text.strip()), Line(1, ""))
        self._holds_objects = holds_objects

    @cached_property
    def record(self) -> Mapping[str, Any] | None:
        """The first JSON object; None if objects are not expected.

        Raises:
            DataError: the lines are not JSON objects.
        """
        if not self._holds_objects:
            return None
        with translate_malformed(self.config.path, self.opening.number):
            return next(iter(read_object_lines(self.lines, self.config.path)), (0, {}))[1]


class CorpusFormat(NamedTuple):
    """Functions and properties of one file format.

    Args:
        read: yields the documents of a corpus, and notes in `Reading` how it reads them. The lines
            of the file are read lazily, and ignored by formats without lines.
        write: writes documents to a target.
        recognises: returns whether the start of a text file is in the format; None: only the
            ending shows it.
        recognises_record: returns whether a JSON object is in the format; None: it has no objects.
        recognises_folder: returns whether a folder is in the format; None: it has no folders.
        is_folder: returns whether the format writes a path as a folder.
        endings: endings of its files.
        read_only_endings: further endings that are read but not written.
        extra: optional dependency (see `vermeil.optional`) of the format.
    """

    read: Callable[[CorpusConfig, Iterable[Line], Reading], Iterator[LocatedDocument]]
    write: Callable[[Iterable[Document], WriteTarget], None]
    recognises: Callable[[FileStart], bool] | None = None
    recognises_record: Callable[[Mapping[str, Any]], bool] | None = None
    recognises_folder: Callable[[Path], bool] | None = None
    is_folder: Callable[[Path], bool] = lambda _: False
    endings: tuple[str, ...] = ()
    read_only_endings: tuple[str, ...] = ()
    extra: str | None = None
