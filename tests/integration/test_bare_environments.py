"""Every verb in environments of their own: without any extra, and with deploy and serve alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.optional_packages import CASES, Case, files_of, named_in, trap, verbs, write_project

from vermeil.errors import ConfigError

pytest.importorskip("onnx")

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"serve": "/health", "replay": "/models", "review open": ""}
"""What a server of each verb answers, below its address."""


@pytest.mark.slow
@pytest.mark.parametrize("extras", [(), ("deploy", "serve")], ids=["base", "deploy-serve"])
def test_every_verb_works_or_names_what_it_lacks(
    extras: tuple[str, ...], encoder: Path, tmp_path: Path
) -> None:
    vermeil = _environment(tmp_path / "env", extras)
    project = tmp_path / "project"
    project.mkdir()
    with trap() as unused:
        write_project(project, encoder, unused.url)
        replay = next(case for case in CASES if case.verb == "replay")
        with _server(vermeil, replay, project) as teacher:
            tried = {case.verb for case in CASES if _try(vermeil, case, extras, project, teacher)}
        assert not unused.was_called()
    assert tried == verbs()


def _try(vermeil: Path, case: Case, extras: tuple[str, ...], project: Path, teacher: str) -> bool:
    """Run a case; return that it did what it should, with everything there or not."""
    lacking = {name for name in case.needs if name not in extras}
    if case.serves and not lacking:
        with _server(vermeil, case, project):
            return True
    before = files_of(project)
    done = subprocess.run(
        [vermeil, *case.command(teacher)],
        cwd=project,
        env=_clean(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    output = done.stdout + done.stderr
    assert "Traceback" not in output, f"{case}: {output}"
    assert "this is a bug" not in output, f"{case}: {output}"
    if lacking == {"hub"} and "deploy" in extras:  # the client comes with tokenizers
        assert done.returncode == ConfigError.exit_code, f"{case}: {output}"
        assert "HF_HUB_OFFLINE" in output, f"{case}: {output}"
        assert files_of(project) == before, str(case)
        return True
    if not lacking:
        assert done.returncode == 0, f"{case}: {output}"
        return True
    assert done.returncode == 2, f"{case}: {output}"
    assert named_in(output) <= lacking, f"{case}: {output}"
    assert files_of(project) == before, str(case)
    return True


@contextmanager
def _server(vermeil: Path, case: Case, project: Path) -> Iterator[str]:
    """Start a verb that serves, have it answer once, and give its address."""
    with subprocess.Popen(
        [vermeil, *case.command("")], cwd=project, env=_clean(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            written = ""
            while (address := re.search(r"http://[^\s;]+", written)) is None:
                line = process.stderr.readline()
                assert line, f"{case}: {written}"
                written += line
            page = f"{address[0]}{PAGES[case.verb]}"
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            with browser.open(page, timeout=60) as answer:
                assert answer.status == 200
            yield address[0]
        finally:
            process.terminate()


def _environment(folder: Path, extras: tuple[str, ...]) -> Path:
    """Return the command of the package, installed with some extras and nothing else."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    wanted = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    installed = subprocess.run(
        [folder / "bin/python", "-m", "pip", "install", "-q", wanted],
        env={**_clean(), "PIP_CONSTRAINT": str(ROOT / "requirements.lock")},
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"packages cannot be had: {installed.stderr.strip().splitlines()[-1]}")
    packages = subprocess.run(
        [folder / "bin/python", "-m", "pip", "list", "--format", "freeze"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.lower()
    unwanted = ("torch==", "transformers==", "onnx==", "pyarrow==", "ray==", "spacy==")
    assert not [name for name in unwanted if f"\n{name}" in packages]
    assert ("\nonnxruntime==" in packages) == ("deploy" in extras)
    return folder / "bin/vermeil"


def _clean() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "OPENAI_API_KEY")}
    return {**kept, "COLUMNS": "400"}
