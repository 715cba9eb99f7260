"""Places to read and write on a cluster: local folders and object stores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vermeil.errors import ConfigError
from vermeil.optional import require


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, local or not.

    Args:
        address: a path, or a URI that pyarrow knows (s3://BUCKET/FOLDER, gs://, hdfs://).
    """

    address: str

    @classmethod
    def named(cls, address: str) -> Place:
        """Return what somebody here means, as others understand it who work in other folders."""
        return cls(address if "://" in address else str(Path(address).absolute()))

    def open(self) -> tuple[Any, str]:
        """Return pyarrow's file system and the path in it.

        Raises:
            ConfigError: pyarrow is not installed, or does not know the address.
        """
        require(self.address, "ray")
        from pyarrow import ArrowException, fs

        if "://" not in self.address:
            return fs.LocalFileSystem(), self.address
        try:
            found: tuple[Any, str] = fs.FileSystem.from_uri(self.address)
        except (ArrowException, OSError, ValueError) as error:
            raise ConfigError(f"{self.address}: cannot be opened ({error})") from error
        return found

    def files(self) -> list[str]:
        """Return the files below the folder, hidden ones left out, by their relative paths."""
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
