"""Folders of files in columns: which files are read, and the ids and groups of their documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.column_layout import looks_like_columns
from vermeil.corpora.source import PEEKED_LINES, read_lines, stem_of
from vermeil.data.document import Document

COLUMN_ENDINGS = (".conll", ".conllu", ".conllup", ".iob", ".iob2", ".bio", ".bioes", ".tsv")
"""Endings of files in columns; a ``.txt`` file may also be in columns."""

_SHOWN = 3
"""Number of files in the report."""


class ColumnFile(NamedTuple):
    """File in columns; its name is the path in the folder, without the ending."""

    path: Path
    name: str

    def place(self, document: Document) -> Document:
        """Return a document of this file with an id that is unique in the folder, and a group.

        Numbered ids begin with the name of the file. Other ids get it as a prefix, since they may
        be repeated in each file. A document without a group gets the name of the file as its group.
        """
        stem, made = stem_of(self.path), document.id
        if made.startswith(f"{stem}-"):
            made = self.name + made.removeprefix(stem)
        else:
            made = f"{self.name}/{made}"
        return replace(document, id=made, group=document.group or self.name)


def column_files(folder: Path) -> list[ColumnFile]:
    """Return the files in columns below a folder, by name.

    They are the files with an ending of columns. If there are none, they are the ``.txt`` files.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name[0] != ".")
    found = [file for file in files if _ending(file) in COLUMN_ENDINGS]
    found = found or [file for file in files if _ending(file) == ".txt"]
    return [
        ColumnFile(file, (file.parent.relative_to(folder) / stem_of(file)).as_posix())
        for file in found
    ]


def describe_files(files: Sequence[ColumnFile]) -> str:
    """Return number and names of files, for the report."""
    names = [file.path.name for file in files[:_SHOWN]]
    more = [f"{len(files) - _SHOWN:,} more"] if len(files) > _SHOWN else []
    return f"{len(files):,} ({', '.join([*names, *more])})"


def holds_columns(folder: Path) -> bool:
    """Return whether a folder holds files in columns: by their endings, else all ``.txt`` files."""
    files = [file.path for file in column_files(folder)]
    return bool(files) and all(is_in_columns(file) for file in files)


def is_in_columns(file: Path) -> bool:
    """Return whether a file is in columns, by its ending or its first lines."""
    if _ending(file) in COLUMN_ENDINGS:
        return True
    first = list(islice(read_lines(file), PEEKED_LINES))
    return len(first) > 1 and looks_like_columns(first, CorpusConfig(path=file))


def _ending(file: Path) -> str:
    return Path(file.name.removesuffix(".gz")).suffix.lower()
