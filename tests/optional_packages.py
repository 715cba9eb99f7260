"""Every verb with what it needs of the optional packages, and a project to try it in."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer.main
from tests.study_records import cell_record

from vermeil.cli.app import app
from vermeil.corpora import CorpusConfig, document_to_line, read_corpus
from vermeil.data.document import UNANNOTATED, Document
from vermeil.demo.corpus import NEWSWIRE
from vermeil.evaluation.learning_curve import Curves
from vermeil.student.config import StudentConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig

TEACHER = "TEACHER"
"""Stands in the arguments of a case for the address of the teacher."""

LABELS = ("PER", "ORG", "LOC", "MISC")


@dataclass(frozen=True, slots=True)
class Case:
    """One use of a verb.

    Args:
        verb: as the command line has it, with its subcommand.
        arguments: what follows it.
        needs: extras and packages without one, as `vermeil.optional.require` takes them.
        serves: whether it runs until it is ended, where nothing is missing.
    """

    verb: str
    arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    serves: bool = False

    def command(self, teacher: str) -> list[str]:
        """Return the words after ``vermeil``; every address of a teacher is this one."""
        return [*self.verb.split(), *(one.replace(TEACHER, teacher) for one in self.arguments)]

    def __str__(self) -> str:
        return " ".join((self.verb, *self.arguments))


def _set(*values: str) -> tuple[str, ...]:
    return tuple(word for value in values for word in ("--set", value))


_NO_REPLIES = "run.output=unasked"
"""A run folder without replies, so that every document can be ranked."""
_SILVER = _set("corpora.silver=silver.jsonl")
_NEAREST = _set("teacher.demonstrations.kind=nearest", "teacher.demonstrations.count=2")
_ASKED = _set(f"teacher.base_url={TEACHER}")
_ALONE = _set(
    "selection.folds=0",
    "selection.rounds=1",
    "selection.corrector=false",
    "selection.dynamics=false",
)
_LOCAL = _set(
    "teacher.backend=local",
    "teacher.base_url=http://127.0.0.1:8000/v1",
    "teacher.local.engine=xllamacpp",
)
_GLINER = _set("teacher.backend=gliner", "teacher.base_url=http://127.0.0.1:8000/v1")
_PLAIN = _set("pilot.documents=5", 'pilot.prompts=["standard"]', 'pilot.demonstrations=["none"]')
_RAY = ("--on", "ray")
_MODEL, _EXPORTED = "model", "exported"

CASES = (
    Case("init", ("new",)),
    Case("init", ("new-local", "--teacher", "local")),
    Case("local list"),
    Case("local get", ("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", "--yes"), ("hub",)),
    Case("check", _SILVER, ("train",)),
    Case("doctor", _ASKED),
    Case("config show", ("--changed",)),
    Case("config explain", ("teacher",)),
    Case("corpus stats", ("gold.jsonl",)),
    Case("corpus stats", ("table.parquet",), ("parquet",)),
    Case("corpus stats", ("page.html",), ("documents",)),
    Case("corpus stats", ("docbin:gold.jsonl",), ("spacy",)),
    Case("corpus split", ("gold.jsonl", "a=0.5", "b=0.5", "-o", "parts")),
    Case("corpus split", ("docs.spacy", "a=0.5", "b=0.5", "-o", "other"), ("spacy",)),
    Case("corpus join", ("gold.jsonl", "gold.jsonl", "-o", "joined.jsonl")),
    Case("corpus join", ("gold.jsonl", "table.parquet", "-o", "other.jsonl"), ("parquet",)),
    Case("corpus abstain", ("gold.jsonl", "unknown.jsonl", "-l", "EVENT")),
    Case("corpus leaks", ("gold.jsonl", "test.jsonl")),
    Case("corpus leaks", ("gold.jsonl", "table.parquet"), ("parquet",)),
    Case("corpus convert", ("gold.jsonl", "gold.conll")),
    Case("corpus convert", ("gold.jsonl", "new/gold.parquet"), ("parquet",)),
    Case("corpus convert", ("gold.jsonl", "datasets-tokens:new/gold"), ("parquet",)),
    Case("corpus convert", ("gold.jsonl", "new/gold.spacy"), ("spacy",)),
    Case("corpus convert", ("table.parquet", "new/gold.jsonl"), ("parquet",)),
    Case("annotate", (*_ASKED, "--dry-run")),
    Case("annotate", (*_NEAREST, "--dry-run"), ("train",)),
    Case("annotate", _NEAREST, ("train",)),
    Case("annotate", _set("teacher.backend=anthropic"), ("anthropic",)),
    Case("annotate", _set("teacher.additional=[{backend='anthropic',model='m'}]"), ("anthropic",)),
    Case("annotate", _LOCAL, ("local",)),
    Case("annotate", (*_LOCAL, "--dry-run"), ("local",)),
    Case("annotate", _GLINER, ("gliner",)),
    Case("annotate", _set("corpora.pool=table.parquet"), ("parquet",)),
    Case("annotate", _RAY, ("ray",)),
    Case("annotate", _ASKED),
    Case("pilot", (*_PLAIN, *_set('pilot.demonstrations=["nearest"]')), ("train",)),
    Case("pilot", (*_PLAIN, *_set("teacher.backend=anthropic")), ("anthropic",)),
    Case("pilot", (*_PLAIN, *_ASKED)),
    Case("optimize", _set('optimize.optimisers=["reflective"]'), ("optimize",)),
    Case("optimize", (*_ASKED, *_set('optimize.optimisers=["variants"]', "optimize.folds=2"))),
    Case("prompt show"),
    Case("prompt show", ("news-061.01", *_NEAREST), ("train",)),
    Case("prompt diff", ("vermeil.toml", "vermeil.toml")),
    Case("replies list"),
    Case("replies count"),
    Case("replies batches"),
    Case("replies spending"),
    Case("replies export", ("out.jsonl",)),
    Case("replies export", ("out.parquet",), ("parquet",)),
    Case("replies import", ("recorded.jsonl",)),
    Case("replies import", ("recorded.jsonl", *_NEAREST), ("train",)),
    Case("locate", _NEAREST, ("train",)),
    Case("locate"),
    Case("select", _SILVER, ("train",)),
    Case("select", (*_SILVER, *_ALONE)),
    Case("refine", _SILVER, ("train",)),
    Case("refine", (*_SILVER, *_ALONE)),
    Case("rank", _set(_NO_REPLIES)),
    Case("rank", ("--strategy", "diversity", *_set(_NO_REPLIES)), ("train",)),
    Case("rank", ("--strategy", "uncertainty", *_set("rank.model=model", _NO_REPLIES)), ("train",)),
    Case(
        "rank",
        ("--strategy", "uncertainty", *_set("rank.model=exported", "rank.batch=1", _NO_REPLIES)),
        ("deploy",),
    ),
    Case("rank", ("--for", "person", "--strategy", "expected_errors", *_SILVER), ("train",)),
    Case("review open", ("silver.jsonl", "--no-browser"), ("serve",), serves=True),
    Case(
        "review open",
        ("silver.jsonl", "--no-browser", *_set(f"review.model={_MODEL}")),
        ("serve", "train"),
        serves=True,
    ),
    Case("review stats", ("--output", "reviewed")),
    Case("review export", ("silver.jsonl", "--to", "doccano", "-o", "tasks.jsonl")),
    Case(
        "review import", ("doccano:back.jsonl", "--silver", "silver.jsonl", "-o", "checked.jsonl")
    ),
    Case(
        "review import",
        ("doccano:back.jsonl", "--silver", "silver.jsonl", "-o", "new/checked.parquet"),
        ("parquet",),
    ),
    Case("train", _SILVER, ("train",)),
    Case("train", (*_SILVER, "--regimen", "auto"), ("train",)),
    Case("train", (*_SILVER, *_set("student.tracker=mlflow")), ("train", "mlflow")),
    Case("train", (*_SILVER, *_set("student.tracker=tensorboard")), ("train", "tensorboard")),
    Case("train", (*_SILVER, *_RAY), ("ray", "train")),
    Case("evaluate", ("silver.jsonl", "gold.jsonl")),
    Case(
        "evaluate",
        ("silver.jsonl", "gold.jsonl", "--agreement-with", "table.parquet"),
        ("parquet",),
    ),
    Case("evaluate", (_MODEL, "test.jsonl"), ("train",)),
    Case("evaluate", (_EXPORTED, "test.jsonl"), ("deploy",)),
    Case("study", _SILVER, ("train",)),
    Case("study", (*_SILVER, *_RAY), ("ray", "train")),
    Case("tune", _SILVER, ("tune", "train")),
    Case("tune", (*_SILVER, *_RAY), ("ray", "train")),
    Case("plan", ("--budget", "100")),
    Case("predict", (_MODEL, "pool.txt", "-o", "tagged.jsonl"), ("train",)),
    Case("predict", (_EXPORTED, "pool.txt", "-o", "tagged.jsonl", "--resume"), ("deploy",)),
    Case("predict", (_EXPORTED, "pool.txt", "table.parquet"), ("deploy", "parquet")),
    Case("predict", (_EXPORTED, "texts", "-o", "tagged", *_RAY), ("ray", "deploy")),
    Case("calibrate", (_MODEL, "dev.jsonl"), ("train",)),
    Case("calibrate", (_EXPORTED, "dev.jsonl"), ("deploy",)),
    Case("export", (_MODEL, "-o", "onnx"), ("train", "export")),
    Case("serve", (_MODEL, "--port", "0"), ("serve", "train"), serves=True),
    Case("serve", (_EXPORTED, "--port", "0"), ("serve", "deploy"), serves=True),
    Case("mcp", (), ("mcp",), serves=True),
    Case("push", (_MODEL, "user/model", "--yes"), ("hub",)),
    Case("push", ("gold.jsonl", "user/gold", "--data", "--yes"), ("hub",)),
    Case("pull", ("user/model", "pulled"), ("hub",)),
    Case("pull", ("user/gold", "pulled.jsonl", "--data"), ("hub",)),
    Case("run", _SILVER, ("train",)),
    Case("run", (), ("train",)),
    Case("run", _set("blending.regimen=gold_only"), ("train",)),
    Case("run", ("--until", "documents=9999", "--no-review", *_SILVER), ("train",)),
    Case("show", ("news-061.01",)),
    Case("show", ("news-061.01", *_NEAREST), ("train",)),
    Case("show", ("news-061.01", *_set("run.output=trained")), ("train",)),
    Case("replay", ("recorded-standard=recorded.jsonl", "--port", "0"), serves=True),
    Case("demo", ("-o", "demo"), ("train",)),
)
"""In an order in which each finds what the ones before it have written."""


def verbs() -> set[str]:
    """Return every verb of the command line, with its subcommand where there are some."""
    command: Any = typer.main.get_command(app)
    return {
        " ".join((name, *further))
        for name, verb in command.commands.items()
        for further in ([[one] for one in getattr(verb, "commands", {})] or [[]])
    }


def write_project(folder: Path, encoder: Path, teacher: str) -> None:
    """Write a project with all that the cases need; its student is of an encoder of toy size."""
    gold, pool = _documents("train.jsonl", 80), _documents("pool.gold.jsonl", 60)
    plain = [document.with_annotation(UNANNOTATED) for document in (*gold, *pool)]
    corpora = {
        "gold": gold,
        "pool": plain,
        "silver": [*gold, *pool],
        "dev": _documents("dev.jsonl", 30),
        "test": _documents("test.jsonl", 30),
    }
    for name, documents in corpora.items():
        lines = "".join(f"{document_to_line(document)}\n" for document in documents)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    (folder / "pool.txt").write_text("\n".join(d.text for d in pool[:3]), "utf-8")
    (folder / "texts").mkdir()
    (folder / "reviewed").mkdir()
    (folder / "reviewed/decisions.jsonl").write_text("", "utf-8")
    shutil.copy(folder / "pool.txt", folder / "texts")
    (folder / "table.parquet").write_bytes(b"PAR1")
    (folder / "page.html").write_text("<p>Ann left Rome.</p>", "utf-8")
    (folder / "docs.spacy").write_bytes(b"")
    shutil.copy(NEWSWIRE / "replies.standard.jsonl", folder / "recorded.jsonl")
    back = [
        {"text": d.text, "label": [[s.start, s.end, s.label] for s in d.spans or ()], "id": n}
        for n, d in enumerate(gold[:5])
    ]
    (folder / "back.jsonl").write_text("".join(json.dumps(one) + "\n" for one in back), "utf-8")
    labels = "".join(f"[task.labels.{label}]\n" for label in LABELS)
    files = "".join(f'{name} = "{name}.jsonl"\n' for name in ("gold", "pool", "dev", "test"))
    (folder / "vermeil.toml").write_text(
        f'{labels}[corpora]\n{files}[teacher]\nbase_url = "{teacher}"\n'
        'model = "recorded-standard"\n'
        "[plan]\ngold_price = 0.5\nsilver_price = 0.01\nresamples = 100\n",
        "utf-8",
    )
    _write_study(folder / "vermeil-run/study")
    _write_models(folder, encoder)


def _documents(name: str, number: int) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=NEWSWIRE / name)))[:number]


def _write_models(folder: Path, encoder: Path) -> None:
    from vermeil.jobs.export import export
    from vermeil.student.student import Student

    task = make_task(TaskConfig.model_validate({"labels": {label: {} for label in LABELS}}))
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(folder / _MODEL, {})
    export(folder / _MODEL, folder / _EXPORTED)
    shutil.copytree(folder / _MODEL, folder / "trained" / _MODEL)


def _write_study(folder: Path) -> None:
    """Write the results of a study over several sizes, made from a known curve."""
    asymptote, scale, decay, worth, returns = np.array([[0.93], [1.8], [0.35], [700.0], [0.6]])
    truth = Curves(asymptote, scale, decay, worth, returns, unit=4000.0)
    cells = []
    for seed in (0, 1):
        for gold in (125, 250, 500):
            for silver in (1000, 4000):
                for regimen, known in (("gold_only", 0), ("simple_mix", silver)):
                    f1 = float(truth(np.array([float(gold)]), np.array([float(known)]))[0, 0])
                    right = round(400 * f1) + seed
                    groups = {"a": [right // 2, 200, 200], "b": [right - right // 2, 200, 200]}
                    sizes = {"gold_documents": gold, "silver_documents": silver}
                    cells.append(cell_record(regimen, seed, groups, **sizes, sizes=[gold, silver]))
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps({"cells": cells}), "utf-8")


def files_of(folder: Path) -> dict[str, str]:
    """Return every file and folder below a folder, with a digest of the files' bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else ""
        for path in sorted(folder.rglob("*"))
    }


def named_in(message: str) -> set[str]:
    """Return the extras and packages that the command in a message installs."""
    found = re.search(r'pip install (?:"\.\[([a-z,]+)\]")?([a-z ]*)', message)
    assert found is not None, message
    return {*(found[1] or "").split(","), *found[2].split()} - {""}


class Trap:
    """A port on which no connection is expected."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

    def was_called(self) -> bool:
        """Return whether anything has connected."""
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True


@contextmanager
def trap() -> Iterator[Trap]:
    """Listen on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Trap(listener)
