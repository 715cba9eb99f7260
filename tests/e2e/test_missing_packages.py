"""What each verb and public function does where one optional package is missing: nothing at all.

Packages are hidden from a process of its own. Environments that really lack them are built in
tests/integration/test_bare_environments.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.optional_packages import CASES, Trap, files_of, named_in, trap, verbs, write_project

from vermeil.errors import ConfigError
from vermeil.optional import EXTRAS, UNBUNDLED, missing_modules

HIDE = """
import sys
from importlib.machinery import PathFinder

class Hiding(PathFinder):
    hidden = frozenset(sys.argv.pop(1).split(","))

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in cls.hidden:
            return None
        return PathFinder.find_spec(name, path, target)

sys.meta_path = [Hiding if one is PathFinder else one for one in sys.meta_path]
"""
"""Hides the packages that the first argument names from every import."""

RUN_ALL = """
import io, json
from contextlib import redirect_stderr, redirect_stdout
from vermeil.cli import main

done = []
for command in json.loads(sys.argv.pop(1)):
    sys.argv[1:] = command
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        try:
            main()
        except SystemExit as stop:
            done.append((stop.code, out.getvalue()))
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def ready(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Trap]]:
    """Give a project whose teacher must not be called."""
    pytest.importorskip("onnx")
    folder = tmp_path_factory.mktemp("project")
    with trap() as teacher:
        write_project(folder, encoder, teacher.url)
        yield folder, teacher


def python(folder: Path, hidden: set[str], script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", HIDE + script, ",".join(sorted(hidden)), *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def modules_of(name: str) -> set[str]:
    return {name} if name in UNBUNDLED else set(EXTRAS[name])


NEVER_REQUIRED = {"figures", "otel"}
"""Extras that no verb requires. Without them, a study writes no PDF, with a message, and no
trace is recorded."""


def test_every_verb_has_a_case() -> None:
    assert {case.verb for case in CASES} == verbs()


def test_every_extra_and_package_without_one_has_a_case() -> None:
    assert {name for case in CASES for name in case.needs} == {*EXTRAS, *UNBUNDLED} - NEVER_REQUIRED


@pytest.mark.parametrize("name", [n for n in (*EXTRAS, *UNBUNDLED) if n not in NEVER_REQUIRED])
def test_a_missing_extra_is_named_before_anything_is_sent_or_written(
    ready: tuple[Path, Trap], name: str
) -> None:
    folder, teacher = ready
    hidden = modules_of(name)
    # What is missing here anyway is not in question, but may be named, too.
    lacking = {n for n in (*EXTRAS, *UNBUNDLED) if missing_modules(n) or modules_of(n) & hidden}
    cases = [case for case in CASES if name in case.needs]
    before = files_of(folder)
    commands = json.dumps([case.command(teacher.url) for case in cases])
    done: list[tuple[int, str]] = json.loads(
        python(folder, hidden, RUN_ALL, commands).splitlines()[-1]
    )
    assert len(done) == len(cases)
    for case, (code, output) in zip(cases, done, strict=True):
        assert code == ConfigError.exit_code, f"{case}: {output}"
        assert "Traceback" not in output, f"{case}: {output}"
        assert "this is a bug" not in output
        assert named_in(output) <= lacking & set(case.needs), f"{case}: {output}"
        assert name in named_in(output) or missing_modules(case.needs[0]), f"{case}: {output}"
    assert files_of(folder) == before
    assert not teacher.was_called()


CALLS = {
    "train": "train(job, output)",
    "refine": "refine(job, Path('judging'))",
    "select": "select(job, Path('judging'))",
    "study": "study(StudyCorpora(gold, silver, gold, gold), StudySettings(task=task), output)",
    "pilot": "pilot(gold, task, teacher, PilotConfig(demonstrations=('nearest',)), output)",
    "run": "run(load_config(Path('vermeil.toml')))",
    "show": "show(load_config(Path('vermeil.toml'), ['run.output=trained']), 'news-061.01')",
    "predict": "predict(model, ['Ada'])",
    "evaluate_files": "evaluate_files(model, CorpusConfig(path=Path('test.jsonl')))",
    "calibrate": "calibrate(model, gold)",
    "export": "export(model, output)",
    "serve": "serve(model, port=0)",
    "run_demo": "run_demo(output)",
    "Student": "vermeil.Student",
}
PREPARE = """
import sys
from pathlib import Path
import vermeil
from vermeil.config import load_config
from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.demo import run_demo
from vermeil.errors import ConfigError
from vermeil.jobs.config import PilotConfig
from vermeil.jobs.evaluate_files import evaluate_files
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.settings import StudySettings
from vermeil.tasks import make_task
from vermeil.teacher.config import TeacherConfig
from vermeil.training.job import TrainJob

for name in vermeil.__all__:
    if name != "Student":
        globals()[name] = getattr(vermeil, name)
gold = list(read_corpus(CorpusConfig(path=Path("gold.jsonl"))))
silver = list(read_corpus(CorpusConfig(path=Path("silver.jsonl"))))
config = load_config(Path("vermeil.toml"))
task, teacher, model, output = make_task(config.task), config.teacher, Path("model"), Path("made")
job = TrainJob(gold=gold, silver=silver, task=task)
found = {}
for name, call in json.loads(sys.argv[1]).items():
    try:
        found[name] = repr(eval(call))
    except ConfigError as error:
        found[name] = str(error)
print(json.dumps(found))
"""


def test_a_public_function_names_what_is_missing_and_does_nothing(
    ready: tuple[Path, Trap],
) -> None:
    folder, teacher = ready
    before = files_of(folder)
    script = f"import json\n{PREPARE}"
    out = python(folder, modules_of("train"), script, json.dumps(CALLS))
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert set(found) == set(CALLS)
    for name, message in found.items():
        assert "torch and transformers" in message, name
        assert "train" in named_in(message), name
    assert files_of(folder) == before
    assert not teacher.was_called()
