"""Test the lowest allowed versions of all direct dependencies but torch.

    python tools/lowest.py [--keep FOLDER] [PYTEST ARGUMENT …]

uv resolves the oldest releases that pyproject.toml allows. pip installs them into an environment of
their own, with the locked torch. Then the core tests run there: unit and property tests, and those
of the teacher.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("train", "deploy", "export", "serve", "ray", "spacy", "dev")
CORE = ("tests/unit", "tests/property", "tests/integration/teacher")
CUDA = ("nvidia-", "cuda-", "triton")
"""Beginnings of the names of packages that only the CUDA build of torch needs."""


def main() -> int:
    """Install the lowest versions, run the tests, and return the exit code of pytest."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keep", type=Path, help="folder of the environment, kept for later runs")
    parser.add_argument(
        "tests", nargs=argparse.REMAINDER, help="arguments of pytest instead of the core tests"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary) / "env"
        python = folder / "bin" / "python"
        if not python.exists():
            _install(folder, Path(temporary) / "lowest.txt")
        arguments = options.tests or [*CORE, "-m", "not slow and not cluster"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        command = [python, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _install(folder: Path, pins: Path) -> None:
    """Make an environment with the lowest versions; print the pins of direct dependencies."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet"]
    subprocess.run([*pip, "uv>=0.9,<1"], check=True)
    command = [str(folder / "bin" / "uv"), "pip", "compile", "--quiet", "--no-header"]
    command += ["--resolution", "lowest-direct", "--annotation-style", "line"]
    for extra in EXTRAS:
        command += ["--extra", extra]
    constraints = _torch_pin(pins.with_name("torch.txt"))
    command += ["--constraint", str(constraints), "--output-file", str(pins), "pyproject.toml"]
    subprocess.run(command, cwd=ROOT, check=True)
    lines = [line for line in pins.read_text("utf-8").splitlines() if not line.startswith(CUDA)]
    print(*(line for line in lines if "vermeil (pyproject.toml)" in line), sep="\n", flush=True)
    pins.write_text("\n".join(lines), "utf-8")
    subprocess.run([*pip, "-r", str(pins)], check=True)
    subprocess.run([*pip, "--no-deps", "--editable", str(ROOT)], check=True)


def _torch_pin(file: Path) -> Path:
    """Write the line of torch in the lock to a file of constraints, and return the file."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    file.write_text("".join(line for line in lines if line.startswith("torch==")), "utf-8")
    return file


if __name__ == "__main__":
    sys.exit(main())
