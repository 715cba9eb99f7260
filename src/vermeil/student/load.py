"""Load a model folder for prediction, with torch or with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from vermeil.data.model_files import verify_files
from vermeil.errors import ConfigError, DataError
from vermeil.optional import require
from vermeil.student.encoding.encoding import DocumentEncoder
from vermeil.student.encoding.wordpieces import Wordpieces
from vermeil.student.inference.model_settings import (
    ModelSettings,
    OnnxSettings,
    Precision,
    read_settings,
)
from vermeil.student.inference.onnx_runner import OnnxRunner
from vermeil.student.inference.output_check import check_outputs
from vermeil.student.inference.pair_predictor import load_pairs
from vermeil.student.inference.predictor import Predictor


def load_predictor(
    folder: Path, precision: Precision = "auto", threads: int | None = None
) -> Predictor:
    """Load a model that `train` or `export` wrote, and check its files, weights and outputs.

    Args:
        folder: the model folder.
        precision: fp32; bf16 (torch) or int8 (ONNX) if the folder offers it; or auto: int8 if the
            folder has it, bf16 if the hardware computes it natively, else fp32.
        threads: threads of ONNX Runtime; None: ``student.threads`` of the model.

    Raises:
        ConfigError: a package that computes the model is not installed, or the folder does not
            have this precision.
        DataError: the folder does not exist, holds no student, or is damaged.
    """
    settings = read_settings(folder)
    require(f"the model {folder}", _extra_of(settings))
    if settings.onnx is not None:
        return _load_onnx(folder, settings, settings.onnx, precision, threads)
    if precision == "int8":
        raise ConfigError(
            f"--precision int8: {folder} is not an exported model; "
            "make one with vermeil export --int8"
        )
    from vermeil.student.student import Student

    return Student.load(folder).predictor(precision)


def require_model(what: str, folder: Path, *extras: str) -> None:
    """Raise `ConfigError` unless the packages that compute a model are installed.

    Args:
        what: the verb that needs the model; begins the message.
        folder: a folder that `train` or `export` wrote.
        extras: further extras that the verb needs.

    Raises:
        ConfigError: modules are missing; the message names them and the command that installs them.
        DataError: the folder does not exist or holds no student.
    """
    try:
        extra = _extra_of(read_settings(folder))
    except DataError:
        require(what, *extras)
        raise
    require(what, *extras, extra)


def _extra_of(settings: ModelSettings) -> str:
    return "train" if settings.onnx is None else "deploy"


def _load_onnx(
    folder: Path,
    settings: ModelSettings,
    onnx: OnnxSettings,
    precision: Precision,
    threads: int | None,
) -> Predictor:
    if precision == "auto":
        chosen: Literal["fp32", "int8"] = "int8" if "int8" in onnx.files else "fp32"
    elif precision == "bf16" or precision not in onnx.files:
        raise ConfigError(
            f"--precision {precision}: {folder} has {', '.join(onnx.files)}; "
            "choose one of them, or export the model again"
        )
    else:
        chosen = precision
    verify_files(folder)
    runner = OnnxRunner(folder / onnx.files[chosen], threads or settings.student.threads)
    encoder = DocumentEncoder(
        Wordpieces.load(folder, onnx.unknown, onnx.padding),
        onnx.longest,
        settings.student.overlap,
        with_case=onnx.letter_case,
    )
    task = settings.make_task(folder)
    predictor = Predictor(
        encoder,
        runner,
        task,
        settings.temperature,
        group_context=settings.student.context == "group",
        transitions=settings.transitions,
        pairs=load_pairs(folder, task, settings.pair_temperature),
    )
    check_outputs(predictor, folder)
    return predictor
