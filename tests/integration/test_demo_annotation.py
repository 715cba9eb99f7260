"""Phase 1 of the demo over real HTTP, on a part of the sample."""

import shutil
from dataclasses import replace

import pytest

from vermeil.data.progress import silent
from vermeil.data.reply import State
from vermeil.demo.annotating import Annotated, Corpus, annotate_newswire, read_newswire
from vermeil.demo.corpus import NEWSWIRE
from vermeil.demo.settings import read_settings
from vermeil.jobs.run_folder import Places
from vermeil.tasks import make_task


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(NEWSWIRE, folder / NEWSWIRE.name)
    return Places(folder)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    whole = read_newswire(NEWSWIRE)
    return replace(
        whole, train=whole.train[:20], pool=whole.pool[:40], pool_gold=whole.pool_gold[:40]
    )


def annotate(corpus: Corpus, places: Places) -> list[Annotated]:
    settings = read_settings()
    return annotate_newswire(corpus, make_task(settings.task), settings.teacher, places, silent)


@pytest.fixture(scope="module")
def annotated(corpus: Corpus, places: Places) -> list[Annotated]:
    return annotate(corpus, places)


def test_both_prompts_are_answered_for_every_sentence(annotated: list[Annotated]) -> None:
    assert [one.prompt for one in annotated] == ["standard", "chain_of_thought"]
    for one in annotated:
        assert one.asked.asking.asked == 60
        assert set(one.asked.states) == {State.DONE, State.EMPTY}


def test_the_teacher_is_scored_wherever_there_is_gold(annotated: list[Annotated]) -> None:
    for one in annotated:
        assert one.appraisal.counts.documents == 60
        assert one.train_counts.documents == 20
        assert one.appraisal.counts.overall.f1 > 0.9


def test_silver_holds_what_the_teacher_said_and_not_the_gold(
    annotated: list[Annotated], corpus: Corpus
) -> None:
    silver = annotated[0].pool.documents
    assert [document.id for document in silver] == [document.id for document in corpus.pool]
    assert {span.origin for document in silver for span in document.spans or ()} == {"silver"}


def test_a_second_run_asks_nothing(
    annotated: list[Annotated], corpus: Corpus, places: Places
) -> None:
    again = annotate(corpus, places)
    assert [one.asked.asking.asked for one in again] == [0, 0]
    assert [one.as_row() for one in again] == [one.as_row() for one in annotated]
