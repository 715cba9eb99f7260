"""Software versions and machine of a run, for reproduction."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("vermeil", "torch", "transformers", "tokenizers", "numpy")


def describe_environment() -> dict[str, str | int]:
    """Return versions of packages, Python, system and processor."""
    described: dict[str, str | int] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            described[package] = version(package)
        except PackageNotFoundError:
            described[package] = "not installed"
    described["system"] = f"{platform.system()} {platform.machine()}"
    described["processor"] = _processor()
    described["cores"] = os.cpu_count() or 1
    return described


def _processor() -> str:
    """Return the processor's name; on Linux from /proc/cpuinfo, which `platform` does not read."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
