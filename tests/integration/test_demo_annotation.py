"""Phase 1 of the demo over real HTTP, on a part of the sample."""

import shutil
from dataclasses import replace

import pytest

from vermeil.data.progress import silent
from vermeil.data.reply import State
from vermeil.demo.annotating import NewswireCorpus, PromptResult, annotate_newswire, read_newswire
from vermeil.demo.corpus import NEWSWIRE
from vermeil.demo.settings import read_settings
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
