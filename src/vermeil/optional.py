"""Packages that the base installation does not include, and the check that they are installed.

A job that needs some of them calls `require` first, before it sends a request or writes a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from vermeil.errors import ConfigError

EXTRAS: dict[str, tuple[str, ...]] = {
    "anthropic": ("anthropic", "httpx2"),
    "deploy": ("onnxruntime", "tokenizers"),
    "documents": ("pypdfium2", "docx", "lxml"),
    "export": ("onnx", "onnxruntime"),
    "figures": ("typst",),
    "gliner": ("gliner2", "torch", "transformers"),
    "hub": ("huggingface_hub",),
    "local": ("xllamacpp",),
    "mcp": ("mcp", "anyio", "uvicorn"),
    "optimize": ("gepa",),
    "otel": ("opentelemetry",),
    "parquet": ("pyarrow",),
    "ray": ("ray", "pyarrow"),
    "serve": ("fastapi", "uvicorn", "h11", "prometheus_client", "starlette"),
    "spacy": ("spacy",),
    "train": ("torch", "transformers"),
    "tune": ("optuna",),
}
"""Extras of the package, each with the modules that Vermeil imports from it."""

SOURCE, PLACE = ".", "(in a checkout of vermeil)"
"""What pip installs, and where; no package index has Vermeil yet. After the first release:
``"vermeil", ""``."""

UNBUNDLED = ("mlflow", "tensorboard")
"""Modules that a configuration can name and no extra installs; each is named like its package."""


def is_installed(module: str) -> bool:
    """Return whether a module can be imported; a folder without code cannot."""
    spec = find_spec(module)
    return spec is not None and spec.origin is not None


def require(what: str, *names: str) -> None:
    """Raise `ConfigError` unless all modules of some extras are installed.

    Args:
        what: the verb or configuration key that needs them; begins the message.
        names: extras (keys of `EXTRAS`) or packages without an extra (`UNBUNDLED`).

    Raises:
        ConfigError: modules are missing; the message names them and the command that installs them.
    """
    missing_by_name = {name: missing_modules(name) for name in names}
    missing = list(dict.fromkeys(m for modules in missing_by_name.values() for m in modules))
    if missing:
        incomplete = [name for name, modules in missing_by_name.items() if modules]
        raise ConfigError(f"{what} needs {_join_names(missing)}: {install_command(*incomplete)}")


def missing_modules(name: str) -> tuple[str, ...]:
    """Return the modules of an extra, or of a package without an extra, that are not installed."""
    modules = (name,) if name in UNBUNDLED else EXTRAS[name]
    return tuple(module for module in modules if not is_installed(module))


def install_command(*names: str) -> str:
    """Return the command that installs extras and packages without an extra."""
    extras = ",".join(name for name in names if name in EXTRAS)
    packages = [f'"{SOURCE}[{extras}]"'] if extras else []
    command = ["pip install", *packages, *(name for name in names if name in UNBUNDLED)]
    return " ".join([*command, *([PLACE] if extras else [])])


def _join_names(modules: Sequence[str]) -> str:
    """Return the package names of modules, joined by commas and a final "and"."""
    *most, last = (module.replace("_", "-") for module in modules)
    return f"{', '.join(most)} and {last}" if most else last
