"""Hostile text of documents, labels, ids, file names and replies in everything that is printed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.records import document_to_line
from vermeil.data.visible import visible

TITLE, CLEAR, COLOUR, TURN = "\x1b]0;owned\x07", "\x1b[2J", "\u009b31m", "\u202e"
HOSTILE = f"{TITLE}{CLEAR}{COLOUR}{TURN}[red]x[/red]<script>|"
MARKUP = "[red]x[/red]<script>|"
LABEL = f"P{HOSTILE}"
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FILE = f"{HOSTILE.replace('/', '')}.jsonl"


def document(number: int, name: str) -> Document:
    text = f"{name} met {HOSTILE} in\nRome"
    spans = (Span(0, len(name), LABEL), Span(len(name) + 5, len(name) + 5 + len(HOSTILE), "LOC"))
    return Document(f"{HOSTILE}\n{number}", text, f"g{HOSTILE}{number}", None, Annotation(spans))


def write(path: Path, documents: list[Document]) -> None:
    path.write_text("".join(document_to_line(one) + "\n" for one in documents), "utf-8")


@pytest.fixture
def printed(vermeil: Any, tmp_path: Path) -> Any:
    """Run a verb; nothing that it prints may hold a control character."""
    write(tmp_path / FILE, [document(n, name) for n, name in enumerate(("Ada", "Bo", "Cy"))])
    write(tmp_path / "other.jsonl", [document(n, name) for n, name in enumerate(("Ada", "Bo"))])

    def run(*arguments: str, code: int = 0) -> str:
        done = vermeil(*arguments)
        shown: str = done.stdout + done.stderr
        assert done.returncode == code, shown
        assert not FORBIDDEN.search(shown), repr(FORBIDDEN.findall(shown))
        return shown

    return run


def test_verbs_on_corpora(printed: Any) -> None:
    escaped = visible(HOSTILE)
    assert visible(FILE) in printed("corpus", "stats", FILE)
    assert visible(LABEL) in printed("corpus", "stats", FILE)
    assert escaped in printed("corpus", "leaks", FILE, "other.jsonl")
    printed("corpus", "split", FILE, "a=0.5", f"b{HOSTILE.replace('/', '')}=0.5", "-o", "parts")
    printed("corpus", "convert", FILE, "out.conll")
    assert visible(LABEL) in printed("evaluate", "other.jsonl", "other.jsonl")
    assert f"{escaped}\\n2" in printed("evaluate", "other.jsonl", FILE, code=3)


@pytest.mark.parametrize(
    "arguments",
    [
        ("corpus", "stats", FILE),
        ("corpus", "leaks", FILE, "other.jsonl"),
        ("evaluate", "other.jsonl", "other.jsonl"),
    ],
)
def test_json_has_the_same_value_without_control_characters(
    printed: Any, vermeil: Any, arguments: tuple[str, ...]
) -> None:
    printed(*arguments, "--json")
    report = vermeil(*arguments, "--json").stdout
    assert json.dumps(HOSTILE)[1:-1] in json.dumps(json.loads(report))


def test_errors(printed: Any, tmp_path: Path) -> None:
    assert r"No such command '\x1b]0;owned\x07" in printed(HOSTILE, code=2)
    printed("corpus", "stats", f"--{HOSTILE}", code=2)
    printed("corpus", "stats", FILE, HOSTILE, code=2)
    printed("corpus", "stats", f"none{FILE}", code=3)
    printed("predict", f"none{FILE}", "-", code=3)
    printed("check", "--config", FILE, code=2)
    printed("check", "--set", f"{HOSTILE}=1", code=2)
    (tmp_path / "bad.jsonl").write_text(
        json.dumps({"id": HOSTILE, "text": "a", "spans": [], HOSTILE: 1})
    )
    assert visible(TITLE + CLEAR) in printed("corpus", "stats", "bad.jsonl", code=3)
    (tmp_path / "bad.conll").write_text(f"a O\nb\x1b[2J\u009b I{COLOUR}-X\nc\n")
    printed("corpus", "stats", "bad.conll", code=3)


TOML = f"""
[task.labels.{json.dumps(LABEL)}]
[task.labels.LOC]
[corpora]
gold = {json.dumps(FILE)}
dev = {json.dumps(FILE)}
test = {json.dumps(FILE)}
pool = "pool.jsonl"
[teacher]
base_url = "http://127.0.0.1:9/v1"
model = {json.dumps(f"m{HOSTILE}")}
[student.noise]
"""


def replies(documents: list[Document]) -> str:
    """Recorded replies: one with hostile surfaces, one with a hostile problem."""
    good = {"entities": [{"text": HOSTILE, "label": LABEL}, {"text": f"no{HOSTILE}", "label": "x"}]}
    texts = [json.dumps(good, ensure_ascii=False), f"I refuse. {HOSTILE}\n| a | b |"]
    records = [
        {"id": one.id, "text": one.text, "reply": text}
        for one, text in zip(documents, texts, strict=True)
    ]
    return "".join(json.dumps(record) + "\n" for record in records)


def test_verbs_on_a_project(printed: Any, tmp_path: Path) -> None:
    pool = [document(10, "Di"), document(11, "Ed")]
    write(tmp_path / "pool.jsonl", [Document(d.id, d.text, d.group) for d in pool])
    (tmp_path / "vermeil.toml").write_text(TOML, "utf-8")
    (tmp_path / f"replies{FILE}").write_text(replies(pool))
    assert visible(LABEL) in printed("check", code=4)  # no teacher answers
    printed("replies", "import", f"replies{FILE}")
    assert r"\x1b]0;owned" in printed("replies", "list")
    assert r"\x1b]0;owned" in printed("replies", "count")
    printed("locate")
    for one in (pool[0].id, pool[1].id):
        shown = printed("show", one)
        assert MARKUP in shown
        assert visible(TITLE) in shown
        printed("show", one, "--json")
    printed("show", f"no{HOSTILE}", code=3)
    printed("replies", "export", f"out{FILE}")
    printed("review", "export", "pool.jsonl", "--to", "label-studio", "-o", f"review{FILE}")


def test_a_terminal_receives_styles_only(printed: Any, terminal: Any) -> None:
    for arguments in (("corpus", "stats", FILE), ("evaluate", "other.jsonl", "other.jsonl")):
        done = terminal(*arguments)
        assert done.returncode == 0
        assert r"\x1b]0;owned" in done.stdout
        assert not FORBIDDEN.search(done.stdout)


@pytest.mark.slow
def test_training_study_and_predictions(printed: Any, encoder: Path, tmp_path: Path) -> None:
    write(tmp_path / FILE, [document(n, name) for n, name in enumerate(("Ada", "Bo", "Cy", "Di"))])
    settings = (
        f"encoder = {json.dumps(str(encoder))}\nthreads = 1\n"
        "[blending]\nregimen = 'gold_only'\n[blending.budget]\ngold_epochs = 2\n"
        "[study]\nregimens = ['gold_only', 'pooled']\nseeds = [0]\nresamples = 100\n"
    )
    toml = TOML.replace("[student.noise]\n", f"[student]\n{settings}")
    toml = toml.replace("pool = ", "silver = 'silver.jsonl'\npool = ")
    write(tmp_path / "silver.jsonl", [document(n, name) for n, name in enumerate(("Ed", "Flo"), 9)])
    (tmp_path / "vermeil.toml").write_text(toml, "utf-8")
    assert "not finished learning" in printed("train")
    printed("study")
    printed("study", "--json")
    (tmp_path / "in.txt").write_text(HOSTILE + "\n", "utf-8")
    model = str(tmp_path / "vermeil-run/model")
    assert r"\u001b]0;owned" in printed("predict", model, "in.txt")
    printed("calibrate", model, FILE)
    for name in ("report.md", "model/README.md"):
        text = (tmp_path / "vermeil-run/study" / name).read_text("utf-8")
        assert "&lt;script&gt;" in text
        assert "<script" not in text
        assert not FORBIDDEN.search(text)
