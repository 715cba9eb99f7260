"""Switch off the telemetry of dependencies: usage reports that they send to their vendors.

A library reads its switch, an environment variable, when it is imported (Ray: when it starts).
Therefore the switch is set immediately before. Child processes inherit it. Libraries that are not
in `SWITCHES` send no such reports, or only in functions that Vermeil does not use.

Privacy has priority: a variable that would leave telemetry on is set to off, with a
`TelemetryWarning` that names it.
"""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from typing import Any, Literal

Library = Literal["onnxruntime", "huggingface_hub", "ray", "mlflow"]

SWITCHES: dict[Library, tuple[str, str]] = {
    "onnxruntime": ("ORT_DISABLE_TELEMETRY", "1"),
    "huggingface_hub": ("HF_HUB_DISABLE_TELEMETRY", "1"),
    "ray": ("RAY_USAGE_STATS_ENABLED", "0"),
    "mlflow": ("MLFLOW_DISABLE_TELEMETRY", "true"),
}
"""Environment variable of each library, and the value that switches its telemetry off.

transformers uses the switch of huggingface_hub."""

_STARTS_ON_IMPORT: set[Library] = {"onnxruntime", "mlflow"}
"""Libraries whose telemetry starts on import; setting the switch later has no effect."""

_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class TelemetryWarning(UserWarning):
    """The telemetry of a library was switched on, or is running already."""


def switch_off(library: Library) -> None:
    """Switch off the telemetry of a library that is not imported yet.

    Args:
        library: name of the library.

    Warns:
        TelemetryWarning: the environment variable had another value, or the library was imported
            before and its telemetry is running. Each warning appears once per process.
    """
    variable, off = SWITCHES[library]
    given = os.environ.get(variable, "").strip()
    os.environ[variable] = off
    if given.lower() in (_YES if off.lower() in _YES else _NO):
        return
    if library in _STARTS_ON_IMPORT and library in sys.modules:
        warnings.warn(
            f"{library} was imported before Vermeil could switch off its telemetry, and may send "
            f"reports to its makers; set the environment variable {variable}={off} before the "
            f"program starts, or before it imports {library}",
            TelemetryWarning,
            stacklevel=3,
        )
    elif given:
        warnings.warn(
            f"{variable}={given} leaves the telemetry of {library} on; Vermeil has set it to "
            f"{off} for this process. Unset it, or set it to {off}",
            TelemetryWarning,
            stacklevel=3,
        )


def import_onnxruntime(module: str = "onnxruntime") -> Any:
    """Import ONNX Runtime, or a module of it, with its telemetry switched off.

    All imports of onnxruntime go through this function.

    Args:
        module: ``onnxruntime`` or a submodule.

    Warns:
        TelemetryWarning: see `switch_off`.
    """
    switch_off("onnxruntime")
    return import_module(module)
