"""Python code in a model folder never runs, and nothing but Vermeil reads standard input."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vermeil.data.written import RECORD
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks.protocol import Task

ROOT = Path(__file__).resolve().parents[2]
YES = "y\n" * 40
"""An agreement to every question that a library may ask."""

MARKER = "code-was-run"
CODE = f"""
import os
from pathlib import Path
from transformers import BertConfig, BertForTokenClassification, BertModel, BertTokenizerFast

(Path(os.environ["MARKERS"]) / "{MARKER}").touch()

class Config(BertConfig):
    model_type = "unheard-of"

class Tagger(BertForTokenClassification):
    config_class = Config

class Encoder(BertModel):
    config_class = Config

class Tokenizer(BertTokenizerFast):
    pass
"""
MODEL_MAP = {
    "AutoConfig": "code.Config",
    "AutoModel": "code.Encoder",
    "AutoModelForTokenClassification": "code.Tagger",
}
TOKENIZER_MAP = {"AutoTokenizer": ["code.Tokenizer", "code.Tokenizer"]}

Change = dict[str, dict[str, Any]]
UNKNOWN: dict[str, Change] = {
    "config": {"config.json": {"model_type": "unheard-of", "auto_map": MODEL_MAP}},
    "config and tokenizer": {
        "config.json": {"model_type": "unheard-of", "auto_map": MODEL_MAP | TOKENIZER_MAP},
        "tokenizer_config.json": {"tokenizer_class": "Unheard", "auto_map": TOKENIZER_MAP},
    },
    "tokenizer": {
        "config.json": {"model_type": "unheard-of"},
        "tokenizer_config.json": {"tokenizer_class": "Unheard", "auto_map": TOKENIZER_MAP},
    },
    "tokenizer, as a list": {
        "config.json": {"model_type": "unheard-of"},
        "tokenizer_config.json": {
            "tokenizer_class": "Unheard",
            "auto_map": ["code.Tokenizer", "code.Tokenizer"],
        },
    },
    "no type": {"config.json": {"model_type": None, "auto_map": MODEL_MAP}},
    "a map that is none": {"config.json": {"model_type": "unheard-of", "auto_map": "AutoConfig"}},
}
"""Changes of a folder that leave it without an architecture that transformers has built in."""

KNOWN: dict[str, Change] = {
    "config": {"config.json": {"auto_map": MODEL_MAP}},
    "config and tokenizer": {
        "config.json": {"auto_map": MODEL_MAP | TOKENIZER_MAP},
        "tokenizer_config.json": {"auto_map": TOKENIZER_MAP},
    },
    "tokenizer of no known class": {
        "tokenizer_config.json": {"tokenizer_class": "Unheard", "auto_map": TOKENIZER_MAP},
    },
}
"""Changes that leave a built-in class to load."""

LOAD = """
import sys
from vermeil.errors import EncoderNotFoundError
from vermeil.student.config import StudentConfig
from vermeil.student.network.embedding import TextIndex
from vermeil.student.network.network import load_network, load_tokenizer
from vermeil.student.student import Student
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig

task = make_task(TaskConfig.model_validate({"labels": {"PER": {}}}))
for folder in sys.argv[1:]:
    for name, load in {
        "tokenizer": lambda: load_tokenizer(folder),
        "network": lambda: load_network(folder, task.head, task.classes, 0.1),
        "student": lambda: Student.create(task, StudentConfig(encoder=folder), 0),
        "index": lambda: TextIndex(["a"], folder),
    }.items():
        try:
            load()
            print(name, "loaded")
        except EncoderNotFoundError as error:
            print(name, "refused:", error)
print("left on standard input:", len(sys.stdin.readlines()))
"""


def with_code(source: Path, folder: Path, change: Change) -> Path:
    """Copy a model folder, put code beside it and change its JSON files; None takes a key out."""
    shutil.copytree(source, folder)
    (folder / "code.py").write_text(CODE)
    (folder / RECORD).unlink(missing_ok=True)
    for name, values in change.items():
        merged = {**json.loads((folder / name).read_text()), **values}
        kept = {key: value for key, value in merged.items() if value is not None}
        (folder / name).write_text(json.dumps(kept))
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Return where the folder's code would leave its mark, and where transformers would copy it."""
    return {"MARKERS": str(folder), "HF_HOME": str(folder / "hub")}


def loaded(folders: list[Path], where: Path) -> list[str]:
    """Load encoders in a process whose standard input agrees to everything."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *map(str, folders)],
        env={**os.environ, **environment(where)},
        input=YES,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    *lines, rest = done.stdout.splitlines()
    assert rest == f"left on standard input: {YES.count('y')}"
    return lines


def test_an_encoder_that_needs_its_own_code_is_refused(encoder: Path, tmp_path: Path) -> None:
    folders = [
        with_code(encoder, tmp_path / str(number), change)
        for number, change in enumerate(UNKNOWN.values())
    ]
    lines = loaded(folders, tmp_path)
    assert len(lines) == 4 * len(folders)
    for line in lines:
        if not line.startswith("tokenizer "):  # some have a tokenizer that needs no code
            assert " refused: student.encoder: " in line
    refused = [line for line in lines if "Python code of its own" in line]
    assert len(refused) >= 2 * len(UNKNOWN)
    assert not (tmp_path / MARKER).exists()


def test_an_encoder_of_a_known_type_is_loaded_without_its_code(
    encoder: Path, tmp_path: Path
) -> None:
    folders = [
        with_code(encoder, tmp_path / str(number), change)
        for number, change in enumerate(KNOWN.values())
    ]
    names = ("tokenizer", "network", "student", "index")
    assert loaded(folders, tmp_path) == [f"{name} loaded" for name in names] * len(folders)
    assert not (tmp_path / MARKER).exists()


@pytest.fixture
def model(encoder: Path, task: Task, tmp_path: Path) -> Path:
    student = Student.create(task, StudentConfig(encoder=str(encoder), threads=1), seed=1)
    student.save(tmp_path / "plain", {})
    return tmp_path / "plain"


GOLD = '{"id": "1", "text": "Bo met Al", "spans": [{"start": 0, "end": 2, "label": "PER"}]}\n'
VERBS: dict[str, tuple[str, ...]] = {
    "predict": ("predict", "model", "-"),
    "serve": ("serve", "model", "--port", "0"),
    "export": ("export", "model", "-o", "exported"),
    "evaluate": ("evaluate", "model", "gold.jsonl"),
    "calibrate": ("calibrate", "model", "gold.jsonl"),
}


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
def test_a_model_folder_that_needs_its_own_code_is_refused(
    verb: str, vermeil: Any, model: Path, tmp_path: Path
) -> None:
    with_code(model, tmp_path / "model", UNKNOWN["config and tokenizer"])
    (tmp_path / "gold.jsonl").write_text(GOLD)
    done = vermeil(*VERBS[verb], stdin=f"{YES}text\n", environment=environment(tmp_path))
    assert not (tmp_path / MARKER).exists()
    assert done.returncode == 3, done.stderr
    assert done.stdout == ""
    assert "model: cannot be loaded as a model (Python code of its own" in done.stderr
    assert "Traceback" not in done.stderr
    assert "[y/N]" not in done.stderr


@pytest.mark.slow
def test_a_model_folder_of_a_known_type_reads_texts_only(
    vermeil: Any, model: Path, tmp_path: Path
) -> None:
    with_code(model, tmp_path / "model", KNOWN["config and tokenizer"])
    done = vermeil(*VERBS["predict"], "-q", stdin="y\ny\n", environment=environment(tmp_path))
    assert not (tmp_path / MARKER).exists()
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["y", "y"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "code"), [(UNKNOWN, 2), (KNOWN, 0)], ids=["unknown type", "known type"]
)
def test_training_from_an_encoder_with_code(
    changes: dict[str, Change], code: int, vermeil: Any, encoder: Path, tmp_path: Path
) -> None:
    with_code(encoder, tmp_path / "encoder", changes["config and tokenizer"])
    (tmp_path / "gold.jsonl").write_text(GOLD)
    (tmp_path / "vermeil.toml").write_text(
        "[task.labels.PER]\n[corpora]\ngold = 'gold.jsonl'\n[student]\nencoder = './encoder'\n"
        "threads = 1\n[blending]\nregimen = 'gold_only'\n"
    )
    done = vermeil("train", "-q", stdin=YES, environment=environment(tmp_path))
    assert not (tmp_path / MARKER).exists()
    assert done.returncode == code, done.stderr
    assert ("Python code of its own" in done.stderr) == (code == 2)
    assert "Traceback" not in done.stderr


WITHOUT_OPTION = {"src/vermeil/teacher/backends/gliner/serve.py"}
"""gliner2 takes no such option. A model with code is refused before: see test_gliner.py."""


def test_every_load_refuses_code_by_name() -> None:
    """What is left to a default asks on standard input."""
    calls, wrong = 0, []
    for path in (p for folder in ("src", "benchmarks") for p in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name not in ("from_pretrained", "pipeline"):
                continue
            if path.relative_to(ROOT).as_posix() in WITHOUT_OPTION:
                continue
            calls += 1
            given = {k.arg: k.value for k in node.keywords}.get("trust_remote_code")
            if not (isinstance(given, ast.Constant) and given.value is False):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []
    assert calls >= 6
