"""Print requirements.lock: a fresh environment, everything installed, frozen.

python tools/lock.py > requirements.lock
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HEADER = """\
# Exact versions of everything that `make` installs: constraints for pip, one line each.
# Made by `make lock` (a fresh environment, the newest releases that pyproject.toml allows, frozen);
# torch is named without a local version (+cpu, +cu130), so that any build of it satisfies the pin.
"""

EXTRAS = "train,deploy,export,serve,ray,spacy,dev"

# What only some builds of torch bring along (they pin it themselves), and the project itself.
LEFT_OUT = re.compile(r"^(nvidia-|cuda-|triton|pip==|setuptools==|wheel==|vermeil)")


def pins(frozen: str) -> list[str]:
    """Return the lines of ``pip freeze`` that belong in the lock, without local versions."""
    lines = []
    for line in frozen.splitlines():
        name, _, version = line.partition("==")
        pin = f"{re.sub('[-_.]+', '-', name).lower()}=={version.split('+')[0]}"
        if version and not LEFT_OUT.match(pin):
            lines.append(pin)
    return sorted(lines)


def main() -> None:
    """Install into a throw-away environment and print what is there."""
    root = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "install", "--quiet", f"{root}[{EXTRAS}]"],
            check=True,
            stdout=sys.stderr,
        )
        frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
    print(HEADER, *pins(frozen), sep="\n")


if __name__ == "__main__":
    main()
