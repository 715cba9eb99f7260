"""Sentence embeddings of all texts of a setting, computed once and kept in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vermeil.data.atomic import atomic_path
from vermeil.student.network import embedding


def keep_embeddings(path: Path, texts: Sequence[str], encoder: str) -> None:
    """Let `vermeil.rank` read the embeddings of a setting from a file.

    `rank` embeds all texts at each call, and the simulation calls it for the same texts again and
    again. The embeddings differ in the last bits only.

    Args:
        path: file of the embeddings; written if it is missing.
        texts: all texts of the setting.
        encoder: encoder of the embeddings.
    """
    texts = list(dict.fromkeys(texts))
    if not path.exists():
        with atomic_path(path) as partial, partial.open("wb") as file:
            np.save(file, embedding.embed_texts(texts, encoder))
    row = dict(zip(texts, np.load(path), strict=True))

    def embed_texts(wanted: Sequence[str], *_: object) -> NDArray[np.float32]:
        return np.stack([row[text] for text in wanted])

    embedding.embed_texts = embed_texts
