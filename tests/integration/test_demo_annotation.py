"""Phase 1 of the demo over real HTTP, on a part of the sample."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from tests.gguf_files import write_tiny_model

from vermeil.data.progress import silent
from vermeil.data.reply import State
from vermeil.demo.annotating import NewswireCorpus, PromptResult, annotate_newswire, read_newswire
from vermeil.demo.console import DemoConsole
from vermeil.demo.corpus import NEWSWIRE
from vermeil.demo.local_teacher import LocalPart, annotate_part
from vermeil.demo.narration import show_local, show_local_start
from vermeil.demo.settings import read_settings
from vermeil.errors import DataError
from vermeil.jobs.run_folder import RunFolder
from vermeil.tasks import make_task


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(NEWSWIRE, folder / NEWSWIRE.name)
    return RunFolder(folder)


@pytest.fixture(scope="module")
def corpus() -> NewswireCorpus:
    whole = read_newswire(NEWSWIRE)
    return replace(
        whole, train=whole.train[:20], pool=whole.pool[:40], pool_gold=whole.pool_gold[:40]
    )


def annotate(corpus: NewswireCorpus, places: RunFolder) -> list[PromptResult]:
    settings = read_settings()
    return annotate_newswire(corpus, make_task(settings.task), settings.teacher, places, silent)


@pytest.fixture(scope="module")
def annotated(corpus: NewswireCorpus, places: RunFolder) -> list[PromptResult]:
    return annotate(corpus, places)


def test_both_prompts_are_answered_for_every_sentence(annotated: list[PromptResult]) -> None:
    assert [one.prompt for one in annotated] == ["standard", "chain_of_thought"]
    for one in annotated:
        assert one.annotate_report.ask_report.sent == 60
        assert set(one.annotate_report.states) == {State.DONE, State.EMPTY}


def test_the_teacher_is_scored_wherever_there_is_gold(annotated: list[PromptResult]) -> None:
    for one in annotated:
        assert one.appraisal.counts.documents == 60
        assert one.train_counts.documents == 20
        assert one.appraisal.counts.overall.f1 > 0.9


def test_silver_holds_the_teachers_annotation_and_not_the_gold(
    annotated: list[PromptResult], corpus: NewswireCorpus
) -> None:
    silver = annotated[0].pool.documents
    assert [document.id for document in silver] == [document.id for document in corpus.pool]
    assert {span.origin for document in silver for span in document.spans or ()} == {"silver"}


def test_a_second_run_asks_nothing(
    annotated: list[PromptResult], corpus: NewswireCorpus, places: RunFolder
) -> None:
    again = annotate(corpus, places)
    assert [one.annotate_report.ask_report.sent for one in again] == [0, 0]
    assert [one.as_row() for one in again] == [one.as_row() for one in annotated]


def test_model_on_this_machine_is_scored_on_the_same_sentences(
    corpus: NewswireCorpus, places: RunFolder, annotated: list[PromptResult], tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp", reason="the engine xllamacpp is not installed")
    write_tiny_model(tmp_path / "tiny.gguf")
    few = replace(corpus, pool=corpus.pool[:6], pool_gold=corpus.pool_gold[:6])
    task, part = make_task(read_settings().task), LocalPart(tmp_path / "tiny.gguf", 60.0)
    asked: list[int] = []

    def progress(stage: str, done: int, total: int | None, detail: object) -> None:
        if stage == "to send":
            asked.append(done)

    compared = annotate_part(few, task, part, annotated[0], places, progress)
    assert 4 <= compared.sentences <= 6
    assert sum(asked) == compared.sentences
    assert compared.local.counts.documents == compared.recorded.counts.documents
    assert compared.recorded.counts.overall.f1 > 0.7 > compared.local.counts.overall.f1
    json.dumps(compared.as_dict())

    again = annotate_part(few, task, part, annotated[0], places, progress)
    assert again == compared
    assert sum(asked) == compared.sentences

    printed = io.StringIO()
    console = DemoConsole(Console(file=printed, width=80))
    show_local_start(console, part)
    show_local(console, compared)
    assert "tiny.gguf" in printed.getvalue()
    assert f"The same {compared.sentences} sentences" in printed.getvalue()
    print(printed.getvalue())


def test_file_that_is_no_model_ends_before_anything_is_sent(
    corpus: NewswireCorpus, places: RunFolder, annotated: list[PromptResult], tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp", reason="the engine xllamacpp is not installed")
    (tmp_path / "page.gguf").write_text("<html>")
    task, part = make_task(read_settings().task), LocalPart(tmp_path / "page.gguf")
    with pytest.raises(DataError, match="not a complete GGUF file"):
        annotate_part(corpus, task, part, annotated[0], places, silent)
