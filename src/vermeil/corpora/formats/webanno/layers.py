"""Layers of WebAnno TSV 3: the declared columns, and those of the spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from vermeil.corpora.formats.webanno.escapes import LAYER
from vermeil.corpora.source import Line
from vermeil.errors import DataError

ROLE, TARGET = "ROLE_", "target"


class Column(NamedTuple):
    """Annotation column: kind and name of the layer, and the feature."""

    kind: str
    layer: str
    feature: str


def declared_columns(line: str) -> list[Column]:
    """Return the columns that a line ``#T_…`` declares."""
    kind, _, rest = line.removeprefix("#T_").partition("=")
    layer, *features = rest.split("|")
    columns: list[Column] = []
    slots = False
    for feature in features or [""]:
        # The column after a role holds the role's targets.
        columns.append(Column(TARGET if slots else kind, layer, feature))
        slots = kind == "SP" and feature.startswith(ROLE)
    return columns


def chosen_layers(headers: Iterable[Line], path: Path, configured: str | None) -> list[str]:
    """Return the layers whose annotations are spans.

    They are the configured layer, else NamedEntity, else all layers of the project
    (``webanno.custom``), else the only one.

    Args:
        headers: lines with the declared layers of all files.
        path: the file or folder, for errors.
        configured: the configured layer, or the last part of its name.

    Raises:
        DataError: there is no configured layer, or there are several others.
    """
    declared = dict.fromkeys(
        column.layer
        for line in headers
        if line.text.startswith("#T_SP")
        for column in declared_columns(line.text)
    )
    for choose in (
        lambda layer: configured in (layer, layer.rpartition(".")[2]),
        lambda layer: layer == LAYER,
        lambda layer: layer.startswith(("webanno.custom.", "custom.")),
        lambda _: True,
    ):
        layers = [layer for layer in declared if choose(layer)]
        named = configured is not None
        if not layers and not named:
            continue
        if not layers or (choose(LAYER) and len(layers) > 1):
            names = ", ".join(declared) or "none"
            missing = configured if named else LAYER
            raise DataError(
                f"has no layer {missing}; layers: {names}. Set tag_key (--tag-key) to one of them",
                path,
            )
        return layers
    return []


def label_columns(columns: Sequence[Column], layers: Collection[str]) -> list[int]:
    """Return the column of the label of each layer: ``value`` or ``label``, else the first."""
    found: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, column in enumerate(columns):
        if column.kind == "SP" and column.layer in layers:
            found[column.layer].append((number, column.feature))
    return [_label_column(features) for features in found.values()]


def _label_column(features: list[tuple[int, str]]) -> int:
    for name in ("value", "label"):
        for number, feature in features:
            if feature == name:
                return number
    return next((n for n, name in features if not name.startswith(ROLE)), features[0][0])
