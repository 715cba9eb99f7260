"""Check of a loaded model: its network computes finite logits of the expected shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vermeil.data.document import Document
from vermeil.data.malformed import first_line
from vermeil.errors import DataError
from vermeil.student.inference.batching import pad
from vermeil.student.inference.predictor import Predictor
from vermeil.tasks.protocol import TEXT_HEADS

_TEXTS = ("Ada met Grace (in OSLO) and wrote: iPost. ", "One")
"""Two texts of different length, so that padding is part of the check."""
_REMEDY = "restore its files, or train or export the model again"


def check_outputs(predictor: Predictor, folder: Path) -> None:
    """Compute two short texts, and check the logits.

    Args:
        predictor: the loaded model.
        folder: its folder, for the message.

    Raises:
        DataError: the network cannot be computed, or its logits have another shape or are not
            finite.
    """
    classes = len(predictor.task.classes)
    try:
        encoder = predictor.encoder
        encoded = encoder.encode([Document(str(i), text) for i, text in enumerate(_TEXTS)])
        windows = [document.windows[0] for document in encoded]
        inputs = pad(windows, encoder.wordpieces.padding)
        with np.errstate(all="ignore"):
            logits = predictor.runner.logits(*inputs)
    except DataError as error:
        raise error.with_location(folder) from error
    except Exception as error:  # a damaged tokenizer or network fails in many ways
        reason = first_line(error)
        raise DataError(f"the model cannot be computed ({reason}); {_REMEDY}", folder) from error
    shape = inputs[0].shape if predictor.task.head not in TEXT_HEADS else inputs[0].shape[:1]
    if logits.shape != (*shape, classes):
        raise DataError(
            f"the network computes logits of shape {logits.shape}, but the task in vermeil.json "
            f"has {classes} classes (expected shape {(*shape, classes)}); {_REMEDY}",
            folder,
        )
    if not np.isfinite(logits).all():
        raise DataError(
            f"the network computes logits that are not finite numbers (NaN or infinite); {_REMEDY}",
            folder,
        )
