"""Every command of README and docs runs as a reader pastes it, in the order of its page."""

from __future__ import annotations

import io
import json
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from rich.console import Console
from tests.document_files import write_pdf
from tests.e2e.pages.documented import PAGES, ROOT, blocks, commands, name_of, reason
from tests.e2e.pages.letters import LettersTeacher, letters
from tests.e2e.pages.runner import PageShell
from tests.integration.test_demo import small_settings
from tests.tiny import make_encoder

from vermeil.corpora import read_corpus, write_corpus
from vermeil.data.document import Annotation, Document
from vermeil.demo import run_demo
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig

LABELS = "[task.labels.DRUG]\n[task.labels.DOSE]\n"
CORPORA = "[corpora]\ngold = 'gold.jsonl'\npool = 'letters.txt'\ntest = 'test.jsonl'\n"
SETTINGS: dict[str, Any] = {
    "teacher": {"model": "qwen3:8b", "prices": {"qwen3:8b": {"input": 0.1, "output": 0.3}}},
    "student": {"encoder": "tiny", "threads": 1},
    "blending": {"budget": {"name": "equal", "wordpieces": 1500}},
    "selection": {"folds": 2},
    "study": {"regimens": ["gold_only", "simple_mix"], "seeds": [0], "resamples": 100},
    "plan": {"resamples": 100},
}
"""What a page does not set, so that a training takes a moment."""

WITH_MODEL = {"use", "serving", "closed-network", "rank", "corpora"}
"""Pages in ``docs`` that take ``vermeil-run/model`` as given."""
OWN_CONFIGURATION = {"classification", "gliner"}
"""Pages in ``docs`` whose configuration is complete."""
ANNOTATE = "vermeil annotate --set teacher.annotate_gold=true"
LOCATE = "vermeil locate --set teacher.annotate_gold=true"
GIVEN: Mapping[str, tuple[str, ...]] = {
    "better-annotation": (ANNOTATE,),
    "corpora": ("vermeil review export silver.jsonl --to label-studio --output tasks.json",),
    "closed-network": ("vermeil export vermeil-run/model --output model-onnx",),
    "regimens": (ANNOTATE, LOCATE),
    "selection": (ANNOTATE, LOCATE),
    "serving": ("vermeil export vermeil-run/model",),
    "teachers": (ANNOTATE, f"{ANNOTATE} --set teacher.model=gpt-4o-mini"),
}
"""Commands of earlier pages whose results a page takes as given."""


def settings_into(folder: Path, url: str, text: str | None = None) -> None:
    """Merge `SETTINGS` into the configuration of a folder, or into a text that replaces it."""
    path = folder / "vermeil.toml"
    config = tomlkit.parse(path.read_text("utf-8") if text is None else text).unwrap()
    teacher = {**SETTINGS["teacher"], "base_url": url}
    for section, values in {**SETTINGS, "teacher": teacher}.items():
        config[section] = {**config.get(section, {}), **values}
    path.write_text(tomlkit.dumps(config), "utf-8")


def page_settings(folder: Path, url: str, page: Path) -> None:
    """Write the first configuration with corpora that a page shows."""
    shown = next(block for block in blocks("toml", page) if "[corpora]" in block)
    settings_into(folder, url, shown)


def people_answer(folder: Path, _: str, __: Path) -> None:
    """Accept every suggestion of the tasks for Label Studio, as its export file."""
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    for task in tasks:
        result = task["predictions"][0]["result"] if task.get("predictions") else []
        task["annotations"] = [{"result": result, "was_cancelled": False}]
    for name in ("export.json", "export2.json"):
        (folder / name).write_text(json.dumps(tasks), "utf-8")


def many_documents(folder: Path, url: str, _: Path) -> None:
    """Write as many documents as the sizes of a study name."""
    write_corpus(letters(500, "many"), folder / "many-gold.jsonl")
    write_corpus(letters(4000, "more"), folder / "many-silver.jsonl")
    corpora = CORPORA.replace("gold.jsonl", "many-gold.jsonl") + "silver = 'many-silver.jsonl'\n"
    settings_into(folder, url, LABELS + corpora)


def few_documents(folder: Path, url: str, _: Path) -> None:
    """Return to the configuration of the first commands."""
    settings_into(folder, url, LABELS + CORPORA)


def more_silver(folder: Path, _: str, __: Path) -> None:
    """Add documents to silver: of a larger pool, people have corrected a part."""
    silver = folder / "vermeil-run" / "silver.jsonl"
    write_corpus([*read_corpus(silver), *letters(10, "later")], silver, overwrite=True)


def without(*names: str) -> Callable[[Path, str, Path], None]:
    """Return a step that removes files which the page's next command writes."""

    def remove(folder: Path, _: str, __: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return remove


def in_turn(*steps: Callable[[Path, str, Path], None]) -> Callable[[Path, str, Path], None]:
    """Return several steps as one."""

    def run(folder: Path, url: str, page: Path) -> None:
        for step in steps:
            step(folder, url, page)

    return run


BEFORE: Mapping[tuple[str, str], Callable[[Path, str, Path], None]] = {
    ("README", "vermeil study --set"): many_documents,
    ("README", ANNOTATE): few_documents,
    ("costs", "vermeil study"): many_documents,
    ("study-report", "vermeil study"): many_documents,
    ("own-data", "vermeil check"): page_settings,
    ("from-plain-text", "vermeil review import export.json"): in_turn(
        people_answer, without("gold.jsonl")
    ),
    ("from-plain-text", "vermeil run"): page_settings,
    ("from-plain-text", "vermeil rank --for person --set"): more_silver,
    ("corpora", "vermeil corpus convert label-studio:"): in_turn(
        people_answer, without("gold.jsonl", "tasks.json", "tasks.labels.xml")
    ),
    ("corpora", "vermeil corpus convert letters/"): without("pool.jsonl"),
    ("corpora", "vermeil review import"): in_turn(people_answer, without("gold.jsonl")),
    ("review", "vermeil review import"): in_turn(people_answer, without("gold.jsonl")),
}
"""Steps between two commands of a page that a person or another program does."""


def scored(document: Document) -> Document:
    """Return a document with scores, as several replies to each request give them."""
    spans = (replace(span, score=0.5 + 0.01 * span.start) for span in document.spans or ())
    return document.with_annotation(Annotation(spans=tuple(spans)))


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files that the pages name."""
    folder = tmp_path_factory.mktemp("pages") / "base"
    make_encoder(folder / "tiny")
    for name, number in {"gold": 24, "annotated": 40, "corrected": 6}.items():
        write_corpus(letters(number, name), folder / f"{name}.jsonl")
    for name in ("dev", "test"):
        documents = letters(12, name)
        write_corpus(documents, folder / f"{name}.jsonl")
        write_corpus(documents, folder / f"{name}.conll", "conll")
    pool = letters(30, "pool")
    write_corpus(map(scored, pool), folder / "silver.jsonl")
    write_corpus(pool, folder / "pool.jsonl")
    (folder / "letters.txt").write_text("".join(f"{one.text}\n" for one in pool), "utf-8")
    (folder / "letters").mkdir()
    for document in pool:
        (folder / "letters" / f"{document.id}.txt").write_text(document.text, "utf-8")
    write_pdf(folder / "report.pdf", [pool[0].text])
    return folder


@pytest.fixture(scope="session")
def model(base: Path) -> Path:
    """Return a student as `vermeil train` saves it, but not trained."""
    task = make_task(TaskConfig.model_validate({"labels": {"DRUG": {}, "DOSE": {}}}))
    student = Student.create(task, StudentConfig(encoder=str(base / "tiny"), threads=1), seed=1)
    student.save(base.parent / "model", {})
    return base.parent / "model"


@pytest.fixture(scope="module")
def teacher() -> Iterator[LettersTeacher]:
    with LettersTeacher() as teacher:
        yield teacher


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[PageShell]:
    shell = PageShell(tmp_path / "work", tmp_path / "bin")
    yield shell
    shell.close()


def free_port() -> int:
    """Return a port on loopback that nothing uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


RUN = [page for page in PAGES if any(reason(one) is None for one in commands(page))]


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_commands_of_a_page_run(
    page: Path, base: Path, model: Path, teacher: LettersTeacher, shell: PageShell
) -> None:
    folder, name, url = shell.folder, page.stem, teacher.base_url
    if page.parent not in (ROOT, ROOT / "docs"):
        name = name_of(page)
    shutil.copytree(base, folder)
    if name in WITH_MODEL:
        shutil.copytree(model, folder / "vermeil-run" / "model")
    if name in OWN_CONFIGURATION:
        page_settings(folder, url, page)
    else:
        settings_into(folder, url, LABELS + CORPORA)
    if name in PREPARE:
        PREPARE[name](folder)
    lines = commands(page)
    if any(one.startswith("vermeil init --short") for one in lines):
        (folder / "vermeil.toml").unlink()
    for command in GIVEN.get(name, ()):
        shell.run(command)
    port = free_port()
    for command in lines:
        if reason(command) is not None:
            continue
        for (own, start), step in BEFORE.items():
            if own == name and command.startswith(start):
                step(folder, url, page)
        if command.startswith("vermeil serve"):
            port = free_port()
        output = shell.run(_on_port(command, port))
        assert not command.startswith("curl") or '"spans"' in output, output
        if command.startswith("vermeil init --short"):
            settings_into(folder, url)


def _on_port(command: str, port: int) -> str:
    if command.startswith("vermeil serve") and "--port" not in command:
        return f"{command} --port {port}"
    return (
        command.replace("8000", str(port)) if "--port" in command or "curl" in command else command
    )


def _prepare_classes(folder: Path) -> None:
    rows = ["The ventricle was dilated.", "The weather was fine."]
    labels = ["CARDIOLOGY", "OTHER"]
    for name in ("gold", "test"):
        lines = [f"{name}{n},{name} {n}: {rows[n % 2]},{labels[n % 2]}" for n in range(20)]
        (folder / f"{name}.csv").write_text("id,text,label\n" + "\n".join(lines) + "\n")
    texts = [f"Pool {n}: {rows[n % 2]}" for n in range(20)]
    (folder / "letters.txt").write_text("\n".join(texts) + "\n")


def _prepare_demo(folder: Path) -> None:
    run_demo(
        folder / "vermeil-demo", console=Console(file=io.StringIO()), settings=small_settings()
    )


def _prepare_news(folder: Path) -> None:
    with (folder / "gold.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"id": "news-001.02", "text": "Take 5 mg.", "spans": []}) + "\n")


def _prepare_gliner(folder: Path) -> None:
    labels = {"DRUG": "person", "DOSE": "place"}
    found = {}
    for kind in ("gold", "dev", "test"):
        found[kind] = [
            one.with_annotation(
                Annotation(
                    spans=tuple(replace(span, label=labels[span.label]) for span in one.spans or ())
                )
            )
            for one in letters(24, kind)
        ]
        write_corpus(found[kind], folder / f"{kind}.jsonl", overwrite=True)
    (folder / "silver.jsonl").unlink()
    write_corpus(found["dev"], folder / "silver.jsonl", "gliner")
    write_corpus(found["test"], folder / "gliner-test.jsonl", "gliner")
    (folder / "vermeil-run").mkdir()
    write_corpus(found["dev"], folder / "vermeil-run" / "silver.jsonl")


PREPARE: Mapping[str, Callable[[Path], None]] = {
    "classification": _prepare_classes,
    "gliner": _prepare_gliner,
    "optimize": _prepare_news,
    "tutorial": _prepare_demo,
}
"""Further files of a page."""
