"""Telemetry of dependencies: switched off before the import, with a warning if that is late."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from vermeil.telemetry import SWITCHES, Library, TelemetryWarning, switch_off

ROOT = Path(__file__).resolve().parents[2]

LATE = """
import sys, warnings
import onnxruntime
from vermeil.telemetry import TelemetryWarning, import_onnxruntime
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(3):
        import_onnxruntime()
print(*(str(w.message) for w in caught if issubclass(w.category, TelemetryWarning)), sep="\\n")
"""


@pytest.mark.parametrize("library", SWITCHES)
@pytest.mark.parametrize("given", [None, "", " "])
def test_an_unset_switch_is_set_without_a_warning(
    library: Library, given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, off = SWITCHES[library]
    monkeypatch.delitem(sys.modules, library, raising=False)
    monkeypatch.setenv(variable, given or "")
    if given is None:
        monkeypatch.delenv(variable)
    switch_off(library)
    assert os.environ[variable] == off


@pytest.mark.parametrize("library", SWITCHES)
def test_a_switch_that_is_off_in_other_words_stays_off(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, off = SWITCHES[library]
    for given in ("False", "NO", "0") if off == "0" else ("True", "YES", "1"):
        monkeypatch.setenv(variable, given)
        switch_off(library)
        assert os.environ[variable] == off


@pytest.mark.parametrize("library", SWITCHES)
def test_an_opposite_setting_is_overridden_with_one_warning(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, off = SWITCHES[library]
    monkeypatch.delitem(sys.modules, library, raising=False)
    given = "1" if off == "0" else "0"
    monkeypatch.setenv(variable, given)
    with pytest.warns(TelemetryWarning, match=f"^{variable}={given} leaves .* of {library} on"):
        switch_off(library)
    assert os.environ[variable] == off
    switch_off(library)  # a second warning would be an error


@pytest.mark.parametrize(("given", "warned"), [(None, 1), ("0", 1), ("1", 0), ("true", 0)], ids=str)
def test_an_earlier_import_of_onnxruntime_is_reported_exactly_once(
    given: str | None, warned: int
) -> None:
    pytest.importorskip("onnx")
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    if given is not None:
        environment["ORT_DISABLE_TELEMETRY"] = given
    done = subprocess.run(
        [sys.executable, "-c", LATE], env=environment, capture_output=True, text=True, check=True
    )
    messages = done.stdout.split("\n")[:-1] if done.stdout.strip() else []
    assert len(messages) == warned
    for message in messages:
        assert message.startswith("onnxruntime was imported before Vermeil could switch off")
        assert "ORT_DISABLE_TELEMETRY=1" in message


def test_the_hub_is_switched_off_before_transformers_is_imported() -> None:
    code = (
        "import vermeil.student.network.network\n"
        "from huggingface_hub import constants\n"
        "print(constants.HF_HUB_DISABLE_TELEMETRY)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "HF_HUB_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"


def test_nothing_but_this_module_imports_onnxruntime() -> None:
    importing = [
        path.relative_to(ROOT).as_posix()
        for folder in ("src", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if any(name.split(".")[0] == "onnxruntime" for name in _imported(path))
    ]
    assert importing == []


def _imported(path: Path) -> list[str]:
    """Return the modules that the import statements of a file name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(path.read_text("utf-8"))
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names
