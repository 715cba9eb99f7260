"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from vermeil.config import Config

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SECTION.KEY=VALUE",
        help="Override one value of the configuration; may be given several times.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the report as JSON, and nothing else, to stdout.")
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace an output that is there already. Other files stay."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]

RunOn = Annotated[
    Literal["here", "ray"] | None,
    typer.Option(
        "--on",
        help="here, or ray: the cluster of \\[cluster], or one of this machine alone "
        "(docs/cluster.md). Without it, ray where cluster.address is set.",
    ),
]

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model folder.")]
AnyPrecision = Annotated[
    Literal["auto", "fp32", "bf16", "int8"],
    typer.Option("--precision", help="auto is the fastest that model and processor offer."),
]

DEFAULT_CONFIG = Path("vermeil.toml")


def load(config: Path, overrides: list[str] | None) -> Config:
    """Load the configuration; the import waits until a verb needs it."""
    from vermeil.config import load_config

    return load_config(config, overrides or ())
