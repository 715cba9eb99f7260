"""What `import vermeil` offers, and what it costs."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import vermeil

HEAVY = ("torch", "transformers", "openai", "anthropic", "pydantic", "numpy", "jinja2")


def test_every_public_name_is_listed_and_has_its_own_name() -> None:
    assert sorted(vermeil.__all__) == vermeil.__all__
    assert set(vermeil.__all__) <= set(dir(vermeil))
    for name in vermeil.__all__:
        assert getattr(vermeil, name).__name__ in (name, f"vermeil.{name}")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'anotate'"):
        vermeil.anotate  # noqa: B018


def loaded_after(code: str, names: Sequence[str]) -> list[str]:
    """Names of the modules among ``names`` that a fresh interpreter has loaded after ``code``."""
    script = f"import sys\n{code}\nprint(*[n for n in {list(names)} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()[-1].split()


def test_importing_vermeil_loads_nothing_heavy() -> None:
    assert loaded_after("import vermeil", HEAVY) == []


def test_help_loads_nothing_heavy() -> None:
    code = (
        "sys.argv = ['vermeil', '--help']\n"
        "from vermeil.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert stop.code == 0"
    )
    assert loaded_after(code, HEAVY) == []


def test_reading_a_configuration_loads_no_torch_and_no_client() -> None:
    code = "import vermeil.config; from vermeil.pipeline import check, run, stages"
    assert loaded_after(code, ("torch", "transformers", "openai", "anthropic")) == []


def test_the_layers_hold() -> None:
    root = Path(__file__).resolve().parents[2]
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as lint\nlint()",
    ]
    done = subprocess.run(
        [*command, "--no-cache"], cwd=root, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
