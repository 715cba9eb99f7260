"""Documents of a round: the end of the pool is no error, a damaged file is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vermeil.config import Config, load_config
from vermeil.corpora.config import CorpusConfig
from vermeil.data.progress import silent
from vermeil.errors import DataError
from vermeil.pipeline.loop.folder import LoopFolder
from vermeil.pipeline.loop.queues import choose_for_teacher, make_queue, queue_corpus
from vermeil.pipeline.pool import read_parts

TEXTS = ("Ann left Rome.", "Bo wrote a long letter to Oslo.")


def write(path: Path, *texts: str, spans: bool = False) -> None:
    """Write documents, with an empty annotation or without any."""
    given: dict[str, list[str]] = {"spans": []} if spans else {}
    rows = [{"id": text.split()[0], "text": text, **given} for text in texts]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A configuration whose pool has one text that gold has not."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "gold.jsonl", TEXTS[0], spans=True)
    write(tmp_path / "pool.jsonl", *TEXTS)
    (tmp_path / "vermeil.toml").write_text(
        "[task.labels.PER]\n[corpora]\ngold = 'gold.jsonl'\npool = 'pool.jsonl'\n"
        "[teacher]\nmodel = 'none'\n[rank]\nstrategy = 'random'\n"
        "[loop]\npool_documents = 2\nteacher_strategy = 'random'\n"
    )
    return load_config(tmp_path / "vermeil.toml")


def queue_of(config: Config, folder: LoopFolder, number: int) -> tuple[list[str], list[str]]:
    """Return the ids in the queue of a round, and the messages."""
    messages: list[str] = []
    if not make_queue(config, folder, number, silent, messages.append):
        return [], messages
    return [one.id for one in read_parts((queue_corpus(folder.round(number)),))], messages


def test_a_pool_without_further_documents_ends_the_rounds(config: Config, tmp_path: Path) -> None:
    folder = LoopFolder(tmp_path / "loop")
    assert queue_of(config, folder, 1) == (["Bo"], [])
    write(tmp_path / "gold.jsonl", *TEXTS, spans=True)
    found, (message,) = queue_of(config, folder, 2)
    assert found == []
    assert message.startswith("no further document to review: nothing is left to rank (of 2 docu")


def test_reviewed_documents_that_give_dev_are_a_random_sample(
    config: Config, tmp_path: Path
) -> None:
    """A student's uncertainty chooses the documents only if dev is a corpus of its own."""
    folder = LoopFolder(tmp_path / "loop")
    unset = config.model_copy(update={"rank": config.rank.model_copy(update={"strategy": None})})
    (tmp_path / "vermeil-run" / "model").mkdir(parents=True)  # not the files of a student
    assert queue_of(unset, folder, 1) == (["Bo"], [])
    write(tmp_path / "dev.jsonl", "Cy left Paris.", spans=True)
    corpora = config.corpora.model_copy(update={"dev": CorpusConfig(path=tmp_path / "dev.jsonl")})
    with pytest.raises(DataError, match="vermeil-run/model"):
        queue_of(unset.model_copy(update={"corpora": corpora}), folder, 2)


def test_the_choice_for_the_teacher_is_empty_at_the_end_of_the_pool(
    config: Config, tmp_path: Path
) -> None:
    folder, messages = LoopFolder(tmp_path / "loop"), list[str]()
    for number in (1, 2):
        choose_for_teacher(config, folder, number, silent, messages.append)
    assert json.loads(folder.order.read_text())["id"] == "Bo"
    assert folder.round(2).for_teacher.read_text() == ""
    (message,) = messages
    assert message.startswith("no further document for the teacher: nothing is left to rank")


def test_a_damaged_pool_is_an_error_and_no_end(config: Config, tmp_path: Path) -> None:
    folder = LoopFolder(tmp_path / "loop")
    with (tmp_path / "pool.jsonl").open("a") as file:
        file.write("{\n")
    with pytest.raises(DataError, match=r"pool\.jsonl:3"):
        queue_of(config, folder, 1)
    with pytest.raises(DataError, match=r"pool\.jsonl:3"):
        choose_for_teacher(config, folder, 1, silent, lambda _: None)
    assert not folder.round(1).queue.exists()
    assert not folder.round(1).for_teacher.exists()
