"""Plain strings where documents are expected: annotate, locate and estimate."""

from __future__ import annotations

from pathlib import Path

import pytest

import vermeil
from vermeil.corpora import read_corpus
from vermeil.data.document import Document
from vermeil.demo.annotating import RECORDINGS
from vermeil.demo.corpus import NEWSWIRE
from vermeil.demo.settings import read_settings
from vermeil.jobs.estimate import estimate
from vermeil.tasks import make_task
from vermeil.teacher.replay.server import ReplayServer

SETTINGS = read_settings()
TASK = make_task(SETTINGS.task)


def test_plain_texts_are_annotated_as_documents_are(tmp_path: Path) -> None:
    texts = [document.text for document in read_corpus(NEWSWIRE / "pool.jsonl")][:6]
    store = tmp_path / "replies.sqlite"
    with ReplayServer({"recorded": NEWSWIRE / RECORDINGS["standard"]}) as server:
        address = {"base_url": server.base_url, "model": "recorded"}
        teacher = SETTINGS.teacher.model_copy(update=address)
        report = vermeil.annotate(iter(texts), TASK, teacher, store)
        assert (report.documents, report.ask_report.sent) == (6, 6)
        documents = [Document(f"d{number}", text) for number, text in enumerate(texts)]
        assert vermeil.annotate(documents, TASK, teacher, store).ask_report.sent == 0

    located = vermeil.locate(texts, TASK, teacher, store)
    assert [document.id for document in located.documents] == ["1", "2", "3", "4", "5", "6"]
    assert [document.text for document in located.documents] == texts
    same = vermeil.locate(documents, TASK, teacher, store).documents
    assert [one.spans for one in located.documents] == [one.spans for one in same]
    assert sum(len(one.spans or ()) for one in located.documents) > 0
    assert estimate(iter([*texts, "New text."]), TASK, teacher, store).volume.requests == 1


def test_one_string_instead_of_a_list_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"found one string; use \[text\]"):
        vermeil.annotate("Ada met Grace.", TASK, SETTINGS.teacher, tmp_path / "replies.sqlite")
    assert not (tmp_path / "replies.sqlite").exists()
