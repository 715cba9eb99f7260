"""The packages that the base installation does without, and the check that they are there.

A job that needs some of them calls `require` before it does anything else, so that no request is
sent and no file is written in vain.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from vermeil.errors import ConfigError

EXTRAS: dict[str, tuple[str, ...]] = {
    "anthropic": ("anthropic",),
    "deploy": ("onnxruntime", "tokenizers"),
    "export": ("onnx", "onnxruntime"),
    "parquet": ("pyarrow",),
    "ray": ("ray", "pyarrow"),
    "serve": ("fastapi", "uvicorn", "prometheus_client", "starlette"),
    "spacy": ("spacy",),
    "train": ("torch", "transformers"),
    "tune": ("optuna",),
}
"""Each extra of the package, and the modules that are imported from it."""

UNBUNDLED = ("mlflow", "tensorboard")
"""Modules that a configuration can ask for and that no extra installs: packages of that name."""


def is_installed(module: str) -> bool:
    """Return whether a module can be imported; a mere folder of that name cannot."""
    spec = find_spec(module)
    return spec is not None and spec.origin is not None


def require(what: str, *names: str) -> None:
    """Raise `ConfigError` unless all modules of some extras are installed.

    Args:
        what: the verb, or the key of the configuration, that needs them; begins the message.
        names: extras (keys of `EXTRAS`) or packages without an extra (`UNBUNDLED`).

    Raises:
        ConfigError: modules are missing; the message has them and the command that installs them.
    """
    found = [(name, missing_of(name)) for name in names]
    missing = list(dict.fromkeys(module for _, modules in found for module in modules))
    if missing:
        wanted = [name for name, modules in found if modules]
        raise ConfigError(f"{what} needs {_listed(missing)}: {install_command(*wanted)}")


def missing_of(name: str) -> tuple[str, ...]:
    """Return the modules of an extra (or a package without one) that are not installed."""
    modules = (name,) if name in UNBUNDLED else EXTRAS[name]
    return tuple(module for module in modules if not is_installed(module))


def install_command(*names: str) -> str:
    """Return the command that installs extras and packages without one."""
    extras = ",".join(name for name in names if name in EXTRAS)
    packages = [f'"vermeil[{extras}]"'] if extras else []
    return " ".join(["pip install", *packages, *(name for name in names if name in UNBUNDLED)])


def _listed(modules: Sequence[str]) -> str:
    *most, last = (module.replace("_", "-") for module in modules)
    return f"{', '.join(most)} and {last}" if most else last
