"""Choose the demonstrations of a prompt from gold documents."""

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
    """Return demonstrations from ``gold``, never like a document of ``excluded``.

    Raises:
        ConfigError: nothing is left to show, or there is no encoder.
    """
    require_demonstrations(config)
    return make_demonstrations(config, gold, excluded, _nearest_by_embedding)


def _nearest_by_embedding(texts: Sequence[str], encoder: str) -> Neighbours:
    """Return the search for the texts that are most like another one, by sentence embedding."""
    from vermeil.student.network.embedding import TextIndex

    return TextIndex(texts, encoder).nearest
