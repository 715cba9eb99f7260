"""The folder to which the tools are limited: no path outside of it is read or written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError

from vermeil.config import Config, load_config
from vermeil.corpora.config import CorpusConfig
from vermeil.errors import ConfigError


class RootFolder:
    """A folder, and the checks that a path is within it after all symbolic links are resolved.

    Args:
        folder: the folder; relative paths of tools are relative to it.

    Raises:
        ConfigError: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ConfigError(f"--root {folder}: no such folder; name an existing one")
        self.path = folder.resolve()

    def resolve(self, given: str) -> Path:
        """Return the absolute path of a file or folder, which may be missing.

        Args:
            given: path relative to the root, or absolute.

        Raises:
            ConfigError: the path, or a link inside this folder, leads outside of the root.
        """
        if "\0" in given:
            raise ConfigError(f"{given!r}: a path has no NUL character")
        path = (self.path / given).resolve()
        if not path.is_relative_to(self.path):
            raise self._outside(given)
        for link in _links_below(path):
            if not link.resolve().is_relative_to(self.path):
                raise self._outside(f"{given}: the link {link.relative_to(path)}")
        return path

    def corpus(self, given: str) -> CorpusConfig:
        """Return the configuration of a corpus within the root.

        Args:
            given: path, or ``FORMAT:PATH``.

        Raises:
            ConfigError: the path leads outside of the root.
        """
        try:
            corpus = CorpusConfig.model_validate({"path": given})
        except ValidationError as error:
            raise ConfigError(f"{given}: {error.errors()[0]['msg']}") from None
        return corpus.model_copy(update={"path": self.resolve(str(corpus.path))})

    def config(self, given: str, overrides: tuple[str, ...] = ()) -> Config:
        """Return a configuration whose files are all within the root.

        Args:
            given: path of the configuration file.
            overrides: ``section.key=value`` each.

        Raises:
            ConfigError: the configuration is invalid, or a path in it leads outside of the root.
        """
        config = load_config(self.resolve(given), overrides)
        outside = [
            f"{key}: {path} is outside of {self.path}, the folder of this server; move the file, "
            "or ask the user to start the server with a --root that contains it"
            for key, path in _paths_in(config)
            if not path.resolve().is_relative_to(self.path)
        ]
        if outside:
            raise ConfigError(*outside)
        return config

    def relative(self, path: Path) -> str:
        """Return a path within the root as tools show it."""
        return str(path.relative_to(self.path))

    def _outside(self, given: str) -> ConfigError:
        return ConfigError(
            f"{given}: is outside of {self.path}, the folder of this server; name a path within "
            "it, or ask the user to start the server with another --root"
        )


def _links_below(folder: Path) -> Iterator[Path]:
    for current, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(current, name)
            if path.is_symlink():
                yield path


def _paths_in(section: object, key: str = "") -> Iterator[tuple[str, Path]]:
    """Yield the dotted key and the value of every path in a configuration."""
    if isinstance(section, Path):
        yield key, section
    elif isinstance(section, BaseModel):
        for name in type(section).model_fields:
            yield from _paths_in(getattr(section, name), f"{key}.{name}".lstrip("."))
    elif isinstance(section, dict):
        for name, value in section.items():
            yield from _paths_in(value, f"{key}.{name}")
    elif isinstance(section, tuple | list):
        for value in section:
            yield from _paths_in(value, key)
