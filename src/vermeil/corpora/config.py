"""Configuration section ``[corpora]``: the files of gold, pool, silver, dev and test."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import model_validator

from vermeil.section import Section

FileFormat = Literal[
    "jsonl",
    "conll",
    "conll04",
    "tokens",
    "text",
    "csv",
    "parquet",
    "parquet-tokens",
    "datasets",
    "datasets-tokens",
    "docbin",
    "brat",
    "label-studio",
    "doccano",
    "prodigy",
    "argilla",
    "webanno",
    "gliner",
    "gliner2",
    "documents",
]
FormatSetting = Literal["auto", FileFormat]
SchemeSetting = Literal["auto", "iob1", "iob2", "bioes", "io"]

FORMAT_NAMES: tuple[str, ...] = get_args(FileFormat)
"""All formats. A path may have one as prefix: ``doccano:export.jsonl``."""


class CorpusConfig(Section):
    """One corpus. In TOML, a plain string is short for ``{path = "…"}``.

    A path may begin with its format: ``doccano:export.jsonl`` means
    ``{path = "export.jsonl", format = "doccano"}``.
    """

    path: Path
    """The file or folder; relative to the folder of vermeil.toml."""
    format: FormatSetting = "auto"
    """jsonl (vermeil records), conll (columns), conll04 (JSON with relations), tokens (JSONL of
    token lists), text, csv (texts and labels), parquet, datasets, docbin, brat, label-studio,
    doccano, prodigy, argilla, webanno, gliner, gliner2 or documents (PDF, Word, HTML); auto:
    recognised from the name and the first record."""
    scheme: SchemeSetting = "auto"
    """Tag scheme of conll, tokens and tables of tokens: iob1, iob2, bioes, or io (labels without
    B- and I-); auto: recognised from the tags."""
    word_column: int | None = None
    """conll: the column of the words, from 0; negative numbers count from the right. none: the
    first column, or the second if the first one numbers the rows (CoNLL-U)."""
    tag_column: int | None = None
    """conll: the column of the tags, from 0; negative numbers count from the right. none: the last
    column if it holds tags, else the only column that does."""
    group_column: int | None = None
    """conll: the column of the group (prefixed with the file's name); none: -DOCSTART-."""
    tag_key: str | None = None
    """tokens, parquet, datasets: the key or column of the tags; none: gold, ner_tags, tags, ner or
    labels. conll: the name of a column, or of a key in the last column of CoNLL-U. webanno: the
    layer of the spans, or the last part of its name. csv: the column of the label; none: label,
    labels, category or class."""
    token_key: str | None = None
    """tokens, parquet, datasets: the key or column of the words; none: tokens."""
    text_key: str | None = None
    """tokens, csv, parquet, datasets, label-studio (within data), argilla (within fields), doccano,
    prodigy: the key or column of the text; none: text. In annotation tools also the only string,
    and in Label Studio the only string that holds the surfaces of all spans."""
    id_key: str | None = None
    """tokens, csv, parquet, datasets: the key or column of the id; none: id."""
    span_group: str | None = None
    """docbin: the span group to read instead of the entities; none: the entities, together with
    the spans of the group sc."""
    group_key: str = "doc"
    """tokens: the key of the group. The file's name is put before it, since numbers may restart
    in every split."""
    text_unit: Literal["auto", "line", "file"] = "auto"
    """text: one document per line, or per file. auto: a single file holds one per line, and a
    folder one per file. documents: file means one per PDF, otherwise one per page."""
    exclude_teachers: tuple[str, ...] | None = None
    """Models whose silver is left out: the annotations of their documents are removed and counted.
    none: corpora.exclude_teachers (silver only)."""

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        if isinstance(value, str | Path):
            value = {"path": value}
        if not isinstance(value, dict) or not isinstance(value.get("path"), str | Path):
            return value
        name, colon, path = str(value["path"]).partition(":")
        if not colon or not path or name not in FORMAT_NAMES:
            return value
        if value.get("format", "auto") not in ("auto", name):
            raise ValueError(
                f"one format, but the path names {name} and the key format is {value['format']}; "
                "remove one of them"
            )
        return {**value, "path": path, "format": name}


CORPUS_NAMES = ("gold", "pool", "silver", "dev", "test")
"""Names of the corpora in ``[corpora]``."""


class CorporaConfig(Section):
    """Input files. Each verb needs only some of them."""

    gold: CorpusConfig | None = None
    """Human annotations, for training."""
    pool: CorpusConfig | None = None
    """Unannotated text for the teacher. Several files or folders are a list: ["letters",
    "notes.txt"]."""
    more_pools: tuple[CorpusConfig, ...] = ()
    """Further parts of the pool. A list as pool sets this key."""
    silver: CorpusConfig | None = None
    """The teacher's annotations, if they exist already; else `locate` writes them."""
    dev: CorpusConfig | None = None
    """Human annotations, for choosing recipes."""
    test: CorpusConfig | None = None
    """Human annotations, for reporting."""
    exclude_teachers: tuple[str, ...] = ()
    """Models whose silver is left out, for example ["gpt-4o"]. A document counts if one of its
    replies is of such a model (meta.silver_teachers, written by vermeil locate)."""

    @property
    def pools(self) -> tuple[CorpusConfig, ...]:
        """All parts of the pool; empty if there is no pool."""
        return () if self.pool is None else (self.pool, *self.more_pools)

    @model_validator(mode="before")
    @classmethod
    def _split_pool(cls, value: Any) -> Any:
        """Turn a list as pool into its first part and further ones."""
        if not isinstance(value, dict) or not isinstance(value.get("pool"), list | tuple):
            return value
        parts = value["pool"]
        if not parts:
            raise ValueError('a file, a folder, or a list such as ["letters", "notes.txt"] as pool')
        return {**value, "pool": parts[0], "more_pools": (*value.get("more_pools", ()), *parts[1:])}
