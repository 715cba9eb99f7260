"""Options that name how a corpus is read; each is a key of ``CorpusConfig``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Annotated, Any, Literal, get_type_hints

import typer

CorpusOptions = dict[str, Any]
"""Keys of ``CorpusConfig`` that were given on the command line, with their values."""

_OPTIONS: dict[str, Any] = {
    "format": Annotated[
        str,
        typer.Option(
            "--format", help="Format of FILE, unless it stands before the path. [auto, or a name]"
        ),
    ],
    "scheme": Annotated[
        str,
        typer.Option(
            "--scheme",
            help="Tag scheme of FILE: auto, iob1, iob2, bioes, or io (labels without prefix).",
        ),
    ],
    "word_column": Annotated[
        int | None,
        typer.Option(
            "--word-column",
            help="Column of the words in conll files, from 0. Default: the first one that does not "
            "number the rows.",
        ),
    ],
    "tag_column": Annotated[
        int | None,
        typer.Option(
            "--tag-column",
            help="Column of the tags in conll files, from 0; -1 is the last. Default: the last "
            "one, or the only one that holds tags.",
        ),
    ],
    "tag_key": Annotated[
        str | None,
        typer.Option(
            "--tag-key",
            help="Key or column of the tags (tokens, parquet, datasets), name of a column or key "
            "(conll), column of the label (csv), or the layer (webanno).",
        ),
    ],
    "token_key": Annotated[
        str | None,
        typer.Option("--token-key", help="Key or column of the words (tokens, parquet, datasets)."),
    ],
    "text_key": Annotated[
        str | None,
        typer.Option(
            "--text-key",
            help="Key or column of the text (tokens, csv, parquet, datasets, annotation tools).",
        ),
    ],
    "id_key": Annotated[
        str | None,
        typer.Option("--id-key", help="Key or column of the id (tokens, csv, parquet, datasets)."),
    ],
    "text_unit": Annotated[
        Literal["auto", "line", "file"],
        typer.Option(
            "--unit",
            help="Plain text: one document per line or per file. auto: a single file holds one "
            "per line, a folder one per file.",
        ),
    ],
    "span_group": Annotated[
        str | None,
        typer.Option("--span-group", help="Span group to read instead of the entities (docbin)."),
    ],
}
_DEFAULTS = {"format": "auto", "scheme": "auto", "text_unit": "auto"}


def with_corpus_options(*files: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds the options of corpora to a verb.

    The verb receives them as its argument ``options``: only those that were given.

    Args:
        files: names of the files in the help texts, in place of FILE; e.g. ``GOLD``.
    """
    name = " and ".join(files) or "FILE"

    def decorate(verb: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(verb, include_extras=True)
        kept = [
            parameter.replace(annotation=hints[parameter.name])
            for parameter in inspect.signature(verb).parameters.values()
            if parameter.name != "options"
        ]
        added = [
            inspect.Parameter(
                f"corpus_{option}",
                inspect.Parameter.KEYWORD_ONLY,
                default=_DEFAULTS.get(option),
                annotation=_with_file(kind, name),
            )
            for option, kind in _OPTIONS.items()
        ]

        @wraps(verb)
        def wrapped(**values: Any) -> None:
            options = {option: values.pop(f"corpus_{option}") for option in _OPTIONS}
            given = {k: v for k, v in options.items() if v != _DEFAULTS.get(k)}
            verb(**values, options=given)

        parameters = [*kept, *added]
        wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
        del wrapped.__wrapped__
        return wrapped

    return decorate


def _with_file(kind: Any, name: str) -> Any:
    """Return the type of an option with the name of the file in its help text."""
    option = copy(kind.__metadata__[0])
    option.help = option.help.replace("FILE", name)
    return Annotated[kind.__origin__, option]
