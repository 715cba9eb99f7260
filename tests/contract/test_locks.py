"""The lock files: complete, exact, with hashes where they are promised, and free of registries."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements.deploy.lock")
NOT_LOCKED = {"pip", "vermeil", "wheel"}
"""Packages of every environment that no lock names; `make` installs none of them from an index."""
CUDA = re.compile(r"^(nvidia-|cuda-|triton)")
PIN = re.compile(r"^([a-z0-9-]+)==([^\s;+]+)( ; [^\\]+)?( \\)?$")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pin_lines(lock: str) -> list[str]:
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith(("#", "    --hash="))]


def pins(lock: str) -> dict[str, str]:
    found = [PIN.match(line) for line in pin_lines(lock)]
    return {pin[1]: pin[2] for pin in found if pin}


def requirements(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in extras or project["optional-dependencies"]:
        wanted += project["optional-dependencies"][extra]
    return {canonical(re.split(r"[=><\[]", need)[0].strip()) for need in wanted}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_pins_one_exact_version(lock: str) -> None:
    assert [line for line in pin_lines(lock) if not PIN.match(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_registry(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"://|index-url|find-links|trusted-host", text)


def test_the_lock_pins_every_direct_dependency() -> None:
    assert requirements() <= set(pins("requirements.lock"))


def test_the_lock_names_everything_that_is_installed() -> None:
    installed = {canonical(one.metadata["Name"]) for one in distributions()} - NOT_LOCKED
    missing = {name for name in installed if not CUDA.match(name)} - set(pins("requirements.lock"))
    assert missing == set(), "run make lock, or make clean venv if the project no longer needs it"


def test_the_lock_names_what_every_locked_package_needs() -> None:
    """Requirements with a marker may not apply; all others must be in the lock."""
    locked = set(pins("requirements.lock"))
    missing = {f"{name}: {need}" for name in locked for need in _needs(name) if need not in locked}
    assert missing == set()


def _needs(name: str) -> set[str]:
    try:
        wanted = requires(name) or []
    except PackageNotFoundError:  # needed by another system or another release of Python
        return set()
    plain = [need for need in wanted if ";" not in need]
    return {canonical(re.split(r"[\s=><!~(\[]", need)[0]) for need in plain}


def test_the_deployed_set_is_a_part_of_the_lock_without_torch() -> None:
    deployed, locked = pins("requirements.deploy.lock"), pins("requirements.lock")
    assert requirements("deploy", "serve") <= set(deployed)
    assert {name: locked.get(name) for name in deployed} == deployed
    assert not [name for name in deployed if name in ("torch", "transformers") or CUDA.match(name)]


def test_every_deployed_package_has_hashes() -> None:
    text = (ROOT / "requirements.deploy.lock").read_text("utf-8")
    entries = re.findall(r"^[a-z0-9-]+==.*(?:\n    .*)*", text, re.MULTILINE)
    assert len(entries) == len(pin_lines("requirements.deploy.lock"))
    assert [e for e in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", e)] == []


def test_the_container_installs_the_deployed_set_by_hash() -> None:
    container = (ROOT / "Containerfile").read_text("utf-8")
    assert "--require-hashes -r requirements.deploy.lock" in container
    others = re.findall(r"pip install (?!.*(--require-hashes|--no-deps --no-index)).*", container)
    assert others == []
