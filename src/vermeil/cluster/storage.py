"""Storage of a cluster: local folders and object stores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vermeil.errors import ConfigError
from vermeil.optional import require


@dataclass(frozen=True, slots=True)
class StorageUri:
    """A local or remote folder.

    Args:
        uri: a path, or a URI that pyarrow knows (s3://BUCKET/FOLDER, gs://, hdfs://).
    """

    uri: str

    @classmethod
    def resolve(cls, uri: str) -> StorageUri:
        """Return the storage with a path made absolute, so that it holds in every process."""
        return cls(uri if "://" in uri else str(Path(uri).absolute()))

    def open(self) -> tuple[Any, str]:
        """Return pyarrow's file system and the path in it.

        Raises:
            ConfigError: pyarrow is not installed, or does not support the URI.
        """
        require(self.uri, "ray")
        from pyarrow import ArrowException, fs

        if "://" not in self.uri:
            return fs.LocalFileSystem(), self.uri
        try:
            found: tuple[Any, str] = fs.FileSystem.from_uri(self.uri)
        except (ArrowException, OSError, ValueError) as error:
            raise ConfigError(f"{self.uri}: cannot be opened ({error})") from error
        return found

    def list_files(self) -> list[str]:
        """Return the sorted relative paths of all files below the folder, without hidden files."""
        from pyarrow import fs

        system, root = self.open()
        try:
            entries = system.get_file_info(fs.FileSelector(root, recursive=True))
        except FileNotFoundError:
            return []
        names = [
            PurePosixPath(entry.path).relative_to(root)
            for entry in entries
            if entry.type == fs.FileType.File
        ]
        return sorted(str(name) for name in names if not name.name.startswith((".", "_")))
