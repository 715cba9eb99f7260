"""The folder of a GLiNER2 model, and the checks before its process starts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from vermeil.errors import ConfigError
from vermeil.optional import require
from vermeil.teacher.config import TeacherConfig

_FILES = ("config.json", "encoder_config/config.json", "model.safetensors")


def check_gliner(config: TeacherConfig) -> None:
    """Raise `ConfigError` unless the package is installed and the model is in its folder.

    With ``teacher.gliner.python``, the packages of that interpreter are known only at its start.
    """
    if config.gliner.python is None:
        require('teacher.backend = "gliner"', "gliner")
    elif not interpreter(config).is_file():
        raise ConfigError(f"teacher.gliner.python: {config.gliner.python}: no such program")
    find_folder(config)


def gliner_models(config: TeacherConfig) -> tuple[str, ...]:
    """Return the name of the model; `check_gliner` has checked its folder."""
    return (config.model,)


def interpreter(config: TeacherConfig) -> Path:
    """Return the Python interpreter of the process."""
    given = config.gliner.python
    return Path(sys.executable) if given is None else given.expanduser()


def find_folder(config: TeacherConfig) -> Path:
    """Return the folder that ``teacher.model`` names.

    Raises:
        ConfigError: it is no folder, holds no model of GLiNER2, or has Python code of its own.
    """
    folder = (config.gliner.folder or Path()) / Path(config.model).expanduser()
    about = f"teacher.model: {folder}"
    if not folder.is_dir():
        raise ConfigError(
            f'{about}: no such folder; teacher.backend = "gliner" needs the folder of a GLiNER2 '
            "model. Vermeil downloads no model: `hf download NAME --local-dir FOLDER` does"
        )
    if (folder / "gliner_config.json").exists():
        raise ConfigError(
            f"{about}: is a model of the package gliner; this backend runs those of gliner2. "
            "Annotate with examples/gliner_predictions.py instead (docs/gliner.md)"
        )
    missing = [name for name in _FILES if not (folder / name).exists()]
    if missing:
        raise ConfigError(f"{about}: is no GLiNER2 model; it has no {', '.join(missing)}")
    for path in sorted(folder.rglob("*config.json")):  # gliner2 would run such code
        if b'"auto_map"' in path.read_bytes():
            name = path.relative_to(folder)
            raise ConfigError(
                f"{about}: has Python code of its own (auto_map in {name}), which Vermeil never "
                "runs; choose a model whose encoder is part of transformers"
            )
    try:
        json.loads((folder / "config.json").read_text("utf-8"))
    except ValueError as error:
        raise ConfigError(f"{about}: config.json is no JSON ({error})") from None
    return folder
