"""Checks of `doctor` about the machine: processor, memory, threads, packages, disk."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vermeil.config import Config
from vermeil.optional import EXTRAS, install_command, missing_modules
from vermeil.pipeline.check_report import CheckFinding
from vermeil.studies.environment import describe_environment

_FEATURES = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_vnni": "VNNI (int8)",
    "avx_vnni": "VNNI (int8)",
    "avx512_bf16": "AVX-512 BF16",
    "amx_bf16": "AMX BF16",
    "asimd": "NEON",
    "bf16": "BF16",
}
"""Flags of a processor that change the speed of training and prediction, with their names."""
_BF16 = ("avx512_bf16", "amx_bf16", "bf16")

_SMALL_DISK = 2_000_000_000
"""Bytes of free space below which a training or a reply store may fill the disk."""


def check_machine(config: Config | None) -> Iterator[CheckFinding]:
    """Yield system, processor with its features, memory and threads."""
    found = describe_environment()
    yield CheckFinding("python", "ok", f"{found['python']} ({sys.executable})")
    yield CheckFinding("system", "ok", f"{found['system']}, {platform.release()}")
    flags = _processor_flags()
    names = list(dict.fromkeys(name for flag, name in _FEATURES.items() if flag in flags))
    yield CheckFinding(
        "processor", "ok", f"{found['processor']}; {', '.join(names) or 'features not known'}"
    )
    if flags and not any(flag in flags for flag in _BF16):
        message = "no bfloat16: training computes in fp32, which takes about twice as long"
        yield CheckFinding("bfloat16", "ok", message)
    yield CheckFinding("cores", "ok", _describe_cores())
    threads = (
        "one or all cores, whichever is measured to be faster"
        if config is None or config.student.threads is None
        else str(config.student.threads)
    )
    limit = os.environ.get("OMP_NUM_THREADS")
    suffix = f"; OMP_NUM_THREADS is {limit}" if limit else ""
    yield CheckFinding("threads", "ok", f"training uses {threads} (student.threads){suffix}")
    if memory := _memory():
        yield CheckFinding("memory", "ok", f"{memory / 1e9:,.1f} GB")


def check_packages(_config: Config | None) -> Iterator[CheckFinding]:
    """Yield the version of Vermeil, and of the packages of each extra or how to install it."""
    yield CheckFinding("vermeil", "ok", version("vermeil"))
    for extra, modules in EXTRAS.items():
        missing = missing_modules(extra)
        if missing:
            message = f"not installed ({', '.join(missing)}): {install_command(extra)}"
        else:
            message = ", ".join(f"{module} {_version(module)}" for module in modules)
        yield CheckFinding(f"extra {extra}", "ok", message)


def check_disk(config: Config | None) -> Iterator[CheckFinding]:
    """Yield the free space where results and temporary files are written."""
    folders = {"results": Path.cwd() if config is None else config.run.output}
    folders["temporary files"] = Path(os.environ.get("TMPDIR") or "/tmp")
    for name, folder in folders.items():
        existing = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        free = shutil.disk_usage(existing).free
        writable = os.access(existing, os.W_OK)
        message = f"{folder}: {free / 1e9:,.1f} GB free"
        if not writable:
            yield CheckFinding(name, "error", f"{existing}: not writable; choose another folder", 3)
        elif free < _SMALL_DISK:
            yield CheckFinding(name, "warning", f"{message}; free some space before a long run")
        else:
            yield CheckFinding(name, "ok", message)


def _processor_flags() -> frozenset[str]:
    """Return the flags of the processor; empty where the system does not list them."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(
        word
        for line in lines
        if line.startswith(("flags", "Features"))
        for word in line.partition(":")[2].split()
    )


def _describe_cores() -> str:
    """Return the number of cores, and how many of them this process may use."""
    cores = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    text = (
        f"{cores:,}" if usable == cores else f"{cores:,}, of which this process may use {usable:,}"
    )
    quota = _processor_quota()
    return text if quota is None else f"{text}; limited to {quota:g} by the container"


def _processor_quota() -> float | None:
    """Return the number of cores that a control group allows; None if it sets no limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("utf-8").split()
        return int(quota) / int(period)
    except (OSError, ValueError):
        return None


def _memory() -> int | None:
    """Return the memory of the machine in bytes; None if the system does not report it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def _version(module: str) -> str:
    try:
        return version(module.replace("_", "-"))
    except PackageNotFoundError:
        return "installed"
