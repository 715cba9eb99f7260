"""The ``[corpora]`` section: which files hold what."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import model_validator

from vermeil.section import Section

Format = Literal["auto", "jsonl", "conll", "tokens", "text"]
Scheme = Literal["auto", "iob1", "iob2", "bioes"]


class CorpusConfig(Section):
    """One corpus. In TOML a plain string is short for ``{path = "…"}``."""

    path: Path
    """The file; relative to the folder of vermeil.toml."""
    format: Format = "auto"
    """jsonl (vermeil records), conll (columns), tokens (JSONL of token lists), text; auto: by name
    and first record."""
    scheme: Scheme = "auto"
    """Tag scheme of conll and tokens files; auto: recognised from the tags."""
    tag_column: int = -1
    """conll: the column that holds the tags, from 0; negative counts from the right."""
    group_column: int | None = None
    """conll: the column that names the group (prefixed with the file's name); none: -DOCSTART-."""
    tag_key: str = "gold"
    """tokens: the key that holds the tags."""
    group_key: str = "doc"
    """tokens: the key that names the group; it is prefixed with the file's name, for numbers that
    restart in every split."""
    text_unit: Literal["line", "file"] = "line"
    """text: a document per line or one per file."""

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str | Path) else value


class CorporaConfig(Section):
    """The files that go in. Only what a verb needs has to be there."""

    gold: CorpusConfig | None = None
    """People's annotations, for training."""
    pool: CorpusConfig | None = None
    """Unannotated text for the teacher."""
    silver: CorpusConfig | None = None
    """The teacher's annotations, where they exist already; else `locate` writes them."""
    dev: CorpusConfig | None = None
    """People's annotations, for choosing recipes."""
    test: CorpusConfig | None = None
    """People's annotations, for reporting."""
