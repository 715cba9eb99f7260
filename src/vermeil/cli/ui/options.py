"""Options that several verbs share."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from vermeil.config import Config

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="Configuration file.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SECTION.KEY=VALUE",
        help="Override one value of the configuration; can be given several times.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print only the report to standard output, as JSON.")
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace an existing output of Vermeil; other files stay."),
]


def _hide_readings(quiet: bool) -> bool:
    if quiet:
        CORPUS_LOGGER.setLevel(logging.WARNING)
    return quiet


CORPUS_LOGGER = logging.getLogger("vermeil.corpora")
"""Receives one line for every corpus that was read."""

Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        callback=_hide_readings,
        help="Show neither progress nor how files were read.",
    ),
]

Order = Annotated[
    Path | None,
    typer.Option(
        "--order",
        metavar="FILE",
        help="Only these documents of the pool, in this order: a file of vermeil rank, or one id "
        "per line; sets rank.order.",
    ),
]

RunOn = Annotated[
    Literal["here", "ray"] | None,
    typer.Option(
        "--on",
        help="here: this machine. ray: the cluster of \\[cluster] (docs/cluster.md). "
        "Default: ray if cluster.address is set, else here.",
    ),
]

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Model folder.")]
AnyPrecision = Annotated[
    Literal["auto", "fp32", "bf16", "int8"],
    typer.Option("--precision", help="Numeric precision; auto is the fastest available."),
]

DEFAULT_CONFIG = Path("vermeil.toml")


def with_order(overrides: list[str] | None, order: Path | None) -> list[str] | None:
    """Return the overrides, with ``rank.order`` if ``--order`` is given."""
    if order is None:
        return overrides
    return [
        *(overrides or ()),
        f"rank.order={json.dumps(str(order.absolute()), ensure_ascii=False)}",
    ]


def load(config: Path, overrides: list[str] | None) -> Config:
    """Load the configuration. Imported here, since verbs such as predict need none."""
    from vermeil.config import load_config

    return load_config(config, overrides or ())
