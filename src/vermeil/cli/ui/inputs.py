"""Corpora that are named on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from vermeil.corpora.config import CorpusConfig
from vermeil.errors import ConfigError


def corpus_config(path: Path, **options: str | int | None) -> CorpusConfig:
    """Return the corpus configuration that the options of a verb describe.

    Raises:
        ConfigError: an option has an invalid value.
    """
    try:
        return CorpusConfig.model_validate({"path": path, **options})
    except ValidationError as error:
        raise ConfigError(
            *(_problem(e["loc"], e["msg"], e["input"]) for e in error.errors())
        ) from None


def _problem(loc: tuple[int | str, ...], message: str, found: object) -> str:
    if not loc:  # a combination of values is invalid, not one value
        return f"--format: {message.replace('Value error, ', 'expected ')}"
    option = "--" + "-".join(str(part) for part in loc).replace("_", "-")
    return f"{option}: {message.replace('Input should be', 'expected')}, found {found!r}"


def parse_shares(parts: Sequence[str]) -> dict[str, float]:
    """Return name and share of ``NAME=SHARE`` arguments.

    Raises:
        ConfigError: an argument has another form, or a name is no file name or occurs twice.
    """
    shares: dict[str, float] = {}
    problems = []
    for part in parts:
        name, _, share = part.partition("=")
        try:
            if name in shares or not name or "/" in name:
                raise ValueError
            shares[name] = float(share)
        except ValueError:
            problems.append(f"{part}: expected NAME=SHARE, for example train=0.8, each name once")
    if problems:
        raise ConfigError(*problems)
    return shares
