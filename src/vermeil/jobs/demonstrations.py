"""Selection of the demonstrations of a prompt from gold documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vermeil.data.document import Document
from vermeil.jobs.requirements import require_demonstrations
from vermeil.teacher.config import DemonstrationsConfig
from vermeil.teacher.demonstrations import (
    Demonstrations,
    Neighbours,
    make_demonstrations,
)


def choose_demonstrations(
    config: DemonstrationsConfig, gold: Iterable[Document], excluded: Iterable[Document]
) -> Demonstrations:
    """Return demonstrations from gold documents that are not like any excluded document.

    Args:
        config: kind, number and encoder of the demonstrations.
        gold: documents that people annotated.
        excluded: documents that are scored; similar gold documents are not shown.

    Raises:
        ConfigError: no document is left to show, or the encoder is missing.
    """
    require_demonstrations(config)
    return make_demonstrations(config, gold, excluded, _nearest_by_embedding)


def _nearest_by_embedding(texts: Sequence[str], encoder: str) -> Neighbours:
    """Return a nearest-neighbour search over texts by sentence embedding."""
    from vermeil.student.network.embedding import TextIndex

    return TextIndex(texts, encoder).nearest
