"""GLiNER2 as a teacher in a process of its own: a tiny, randomly initialised model."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.integration.teacher.local_engine import wait_for_end

from vermeil.config import load_config
from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import ConfigError, TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.locate import locate
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.base import AttemptError
from vermeil.teacher.backends.entity_labels import entity_labels
from vermeil.teacher.backends.gliner.online import GlinerBackend
from vermeil.teacher.backends.registry import list_models, measure_server
from vermeil.teacher.config import GlinerConfig, TeacherConfig
from vermeil.teacher.requests import check_prompt, make_requests
from vermeil.teacher.store.store import ReplyStore

gliner2 = pytest.importorskip("gliner2", reason="the package gliner2 is not installed")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")  # of the package gliner2

DOCUMENTS = [
    Document("a", "Ann Lee left Rome for Oslo. Ann came back."),
    Document("b", "Nothing happened in Lima."),
    Document("empty", " "),
]
LONG = Document("long", " ".join(f"Ann met Bo in town {number}." for number in range(120)))


@pytest.fixture(scope="module")
def model(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny model with random weights; its scores are about 0.5."""
    folder = tmp_path_factory.mktemp("gliner2") / "model"
    config = gliner2.ExtractorConfig(model_name=str(encoder), max_width=4)
    torch.manual_seed(0)
    gliner2.GLiNER2(config).save_pretrained(str(folder))
    return folder


def teacher(model: Path, **settings: Any) -> TeacherConfig:
    """Return the settings of the teacher, with a threshold below the scores of random weights."""
    gliner = GlinerConfig.model_validate({"threshold": 0.1, "threads": 1, "words": 12, **settings})
    return TeacherConfig(backend="gliner", model=str(model), gliner=gliner, retry_delay=0.01)


def processes() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [one for one in children if any("gliner/serve.py" in w for w in one.cmdline())]


def test_annotate_then_locate(model: Path, task: Task, tmp_path: Path) -> None:
    config, store = teacher(model), tmp_path / "replies.sqlite"
    documents = [*DOCUMENTS, LONG]
    report = annotate(documents, task, config, store)
    assert not report.states.keys() & {State.FAILED, State.PENDING, State.UNPARSABLE}
    assert report.states[State.EMPTY] == 1
    assert not processes()
    silver = {one.id: one for one in locate(documents, task, config, store).documents}
    for document in documents:
        for span in silver[document.id].spans or ():
            assert span.label in task.labels
            assert span.score is not None
            assert 0.1 <= span.score <= 1
    direct = gliner2.GLiNER2.from_pretrained(str(model)).eval()
    found = direct.extract_entities_long(
        DOCUMENTS[0].text,
        list(entity_labels(task.schema("standard")) or ()),
        threshold=0.1,
        chunk_size=12,
        chunk_overlap=2,
        include_confidence=True,
        include_spans=True,
    )["entities"]
    spans = silver["a"].spans
    assert spans
    for span in spans:  # punctuation at the ends of a mention is no part of its span
        (score,) = (
            one["confidence"]
            for one in found[span.label]
            if one["start"] <= span.start and span.end <= one["end"]
        )
        assert span.score == pytest.approx(score, abs=1e-4)
    ends = [span.end for span in silver["long"].spans or ()]
    assert max(ends) > 0.9 * len(LONG.text)


def test_settings_of_the_model_are_part_of_the_key(model: Path, task: Task) -> None:
    configs = [teacher(model), teacher(model, threshold=0.3), teacher(model, names={"PER": "man"})]
    keys = {next(iter(make_requests(DOCUMENTS, task, one))).key for one in configs}
    assert len(keys) == 3


def test_stored_replies_are_not_requested_again(model: Path, task: Task, tmp_path: Path) -> None:
    config, store = teacher(model, names={"PER": "person"}), tmp_path / "replies.sqlite"
    annotate(DOCUMENTS, task, config, store)
    with ReplyStore(store) as replies:
        key = next(iter(make_requests(DOCUMENTS, task, config))).key
        reply = replies.get(key)
    assert reply is not None
    assert {one["label"] for one in json.loads(reply.text)["entities"]} <= set(task.labels)
    again = config.model_copy(update={"model": str(model)})
    assert annotate(DOCUMENTS, task, again, store).volume.requests == 0


def test_a_process_that_ends_is_started_again(model: Path, task: Task) -> None:
    config = teacher(model)
    first, second, *_ = make_requests(DOCUMENTS, task, config)

    async def use() -> list[str]:
        backend = GlinerBackend(config)
        try:
            replies = [await backend.complete(first)]
            (process,) = processes()
            os.kill(process.pid, signal.SIGKILL)
            wait_for_end(process.pid)
            with suppress(AttemptError):  # while its threads end; such a request is sent again
                await backend.complete(second)
            replies += [await backend.complete(second), await backend.complete(first)]
        finally:
            await backend.aclose()
        return [reply.text for reply in replies]

    before, other, after = asyncio.run(use())
    assert before == after != other
    assert not processes()


def test_damaged_model(model: Path, task: Task, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    for path in model.rglob("*"):
        if path.is_file():
            copy = folder / path.relative_to(model)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(TeacherError, match="GLiNER2 cannot be started") as caught:
        annotate(DOCUMENTS, task, teacher(folder), tmp_path / "replies.sqlite")
    assert "deserializing header" in str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_model_with_code_of_its_own_is_refused(model: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(model, tmp_path / "model")
    path = next(iter((tmp_path / "model").rglob(name)))
    given = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**given, "auto_map": {"AutoModel": "code.Model"}}), "utf-8")
    with pytest.raises(ConfigError, match=f"code of its own .*{name}"):
        list_models(teacher(tmp_path / "model"))


def test_errors_of_the_configuration(model: Path, task: Task, topics: Task, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        list_models(teacher(tmp_path / "none"))
    (tmp_path / "gliner_config.json").write_text("{}", "utf-8")
    with pytest.raises(ConfigError, match=r"gliner_predictions\.py"):
        list_models(teacher(tmp_path))
    with pytest.raises(ConfigError, match="no such program"):
        list_models(teacher(model, python=tmp_path / "python"))
    with pytest.raises(ConfigError, match="tasks of entities"):
        check_prompt(topics, teacher(model))
    check_prompt(task, teacher(model))
    assert measure_server(teacher(model)) is None
    with pytest.raises(ValueError, match="set verify"):
        TeacherConfig(backend="gliner", verify=True)


def test_paths_are_relative_to_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "vermeil.toml").write_text(
        '[task.labels.PER]\n[teacher]\nbackend = "gliner"\nmodel = "tiny"\n'
        '[teacher.gliner]\npython = "env/bin/python"\n',
        "utf-8",
    )
    gliner = load_config(tmp_path / "vermeil.toml").teacher.gliner
    assert (gliner.folder, gliner.python) == (tmp_path, tmp_path / "env/bin/python")
