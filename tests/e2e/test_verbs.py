"""Every verb, as its users call it."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

import vermeil as package
from vermeil.cli.app import app
from vermeil.config import load_config

LABELS = "".join(f"[task.labels.{name}]\n" for name in ("PER", "ORG", "LOC", "MISC"))


def commands(command: Any, name: str = "vermeil") -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its name."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
    for verb, one in (below or {}).items():
        yield from commands(one, f"{name} {verb}")


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_verb_helps_with_an_example_of_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = COMMANDS[name]
    assert command.main(["--help"], prog_name=name, standalone_mode=False) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Usage: {name} " in shown
    assert f"{name} " in shown.partition("Example: ")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_explains_itself(name: str) -> None:
    for parameter in COMMANDS[name].params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_no_help_loses_what_stands_in_brackets(name: str) -> None:
    command = COMMANDS[name]
    told = [command.help, *(parameter.help for parameter in command.params)]
    for text in told:  # rich takes an unescaped one for a style, and shows nothing
        assert not re.search(r"(?<!\\)\[[a-z.]+\]", text), text


def test_help_names_every_verb(vermeil: Any) -> None:
    done = vermeil("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for name in COMMANDS:
        assert re.search(rf"^\W*{name.split()[1]}\b", done.stdout, re.MULTILINE)


def test_the_version_is_that_of_the_package(vermeil: Any) -> None:
    assert vermeil("--version").stdout == f"vermeil {package.__version__}\n"


def test_from_init_to_check(vermeil: Any, tmp_path: Path) -> None:
    done = vermeil("init", "project")
    assert (done.returncode, done.stdout) == (0, "")
    path = tmp_path / "project" / "vermeil.toml"
    before = path.read_text()
    again = vermeil("init", "project")
    assert again.returncode == 2
    assert "replace it with --overwrite" in again.stderr
    assert path.read_text() == before
    assert vermeil("init", "project", "--overwrite").returncode == 0

    done = vermeil("check", "--config", path, "--json")
    report = json.loads(done.stdout)
    wrong = {f["about"] for f in report["findings"] if f["severity"] == "error"}
    assert {"corpora.gold", "corpora.pool", "corpora.test"} <= wrong
    assert done.returncode == 4
    assert report["ok"] is False


def test_a_corpus_is_counted_split_converted_and_searched_for_leaks(
    vermeil: Any, newswire: Path, tmp_path: Path
) -> None:
    source = newswire / "test.jsonl"
    stats = json.loads(vermeil("corpus", "stats", source, "--json").stdout)
    assert (stats["documents"], stats["groups"]) == (373, 60)
    assert "373" in vermeil("corpus", "stats", source).stdout

    done = vermeil("corpus", "split", source, "a=0.75", "b=0.25", "-o", "parts", "--json")
    parts = json.loads(done.stdout)
    assert parts["a"]["documents"] + parts["b"]["documents"] == 373
    assert parts["a"]["groups"] + parts["b"]["groups"] == 60

    done = vermeil("corpus", "convert", "parts/b.jsonl", "b.conll", "--to-scheme", "bioes")
    assert done.stdout == ""
    assert f"of {parts['b']['documents']} documents to b.conll" in done.stderr
    converted = json.loads(vermeil("corpus", "stats", "b.conll", "--json").stdout)
    assert converted["documents"] == parts["b"]["documents"]

    leaks = json.loads(vermeil("corpus", "leaks", source, "parts/b.jsonl", "--json").stdout)
    assert leaks["leaks"] + len(leaks["short"]) == parts["b"]["documents"]


def test_predictions_in_a_file_are_scored_without_any_configuration(
    vermeil: Any, newswire: Path, tmp_path: Path
) -> None:
    gold = newswire / "dev.jsonl"
    done = vermeil("evaluate", gold, gold, "--json")
    assert (done.returncode, done.stderr) == (0, f"{gold}: jsonl; 157 documents\n")
    scores = json.loads(done.stdout)
    assert set(scores) >= {"overall", "macro_f1", "per_label", "span_only", "confusion", "errors"}
    assert (scores["groups"], scores["unanswered"], scores["hardest"]) == (25, 0, [])
    assert scores["intervals"]["overall"]["f1"] == [1.0, 1.0]
    assert (scores["agreement"], scores["teacher"]) == ([], None)
    assert set(scores["overall"]) == {"precision", "recall", "f1", "support"}
    assert (scores["overall"]["f1"], scores["documents"], scores["truncated"]) == (1.0, 157, 0)
    assert set(scores["per_label"]) == {"PER", "ORG", "LOC", "MISC"}


@pytest.fixture
def replayed(newswire: Path, tmp_path: Path) -> Iterator[str]:
    """Base URL of a `vermeil replay` of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vermeil", "replay", "--port", str(port)]
    recording = f"recorded={newswire / 'replies.standard.jsonl'}"
    with subprocess.Popen([*command, recording], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert f"replaying recorded at http://127.0.0.1:{port}/v1" in line
        yield f"http://127.0.0.1:{port}/v1"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_a_pool_is_annotated_located_and_shown(
    vermeil: Any, newswire: Path, tmp_path: Path, replayed: str
) -> None:
    pool = (newswire / "pool.jsonl").read_text().splitlines(keepends=True)[:10]
    (tmp_path / "pool.jsonl").write_text("".join(pool))
    (tmp_path / "vermeil.toml").write_text(
        f"{LABELS}[corpora]\npool = 'pool.jsonl'\n[teacher]\nbase_url = '{replayed}'\n"
        "model = 'recorded'\n"
    )
    done = vermeil("annotate", "--json")
    report = json.loads(done.stdout)
    assert (report["documents"], report["asked"], report["already_stored"]) == (10, 10, 0)
    assert "host 127.0.0.1" in done.stderr
    assert "annotate: 10 of 10" in done.stderr
    report = json.loads(vermeil("annotate", "--json", "--quiet").stdout)
    assert (report["asked"], report["already_stored"]) == (0, 10)

    output = tmp_path / "vermeil-run"
    done = vermeil("locate", "--json", "-q")
    assert json.loads(done.stdout) == json.loads((output / "locate.json").read_text())
    assert done.stderr == ""
    assert len((output / "silver.jsonl").read_text().splitlines()) == 10
    assert load_config(output / "config.toml") == load_config(tmp_path / "vermeil.toml")

    name = json.loads(pool[0])["id"]
    shown = vermeil("show", name).stdout
    for part in (f"document {name} (in pool)", "prompt, user", "reply of recorded", "silver"):
        assert part in shown
    assert json.loads(vermeil("show", name, "--json").stdout)["silver"]["id"] == name


def test_replaying_what_is_no_recording_is_told(vermeil: Any, tmp_path: Path) -> None:
    done = vermeil("replay", "just-a-file.jsonl")
    assert (done.returncode, "expected NAME=FILE" in done.stderr) == (2, True)
    assert vermeil("replay", "a=gone.jsonl").returncode == 3


def test_ctrl_c_is_answered_with_a_word_on_going_on(tmp_path: Path) -> None:
    (tmp_path / "vermeil.toml").write_text(
        f"{LABELS}[corpora]\npool = 'pool.txt'\n[teacher]\nretries = 1000\n"
    )
    (tmp_path / "pool.txt").write_text("A text.\n")
    with socket.create_server(("127.0.0.1", 0)) as silent_teacher:
        port = silent_teacher.getsockname()[1]
        settings = ["--set", f"teacher.base_url=http://127.0.0.1:{port}/v1"]
        with subprocess.Popen(
            [sys.executable, "-m", "vermeil", "annotate", *settings],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            connection, _ = silent_teacher.accept()
            with connection:
                connection.recv(1)
                process.send_signal(signal.SIGINT)
                assert process.stderr is not None
                told = process.stderr.read()
                assert process.wait(30) == 130
    assert "stopped;" in told
    assert "Traceback" not in told
