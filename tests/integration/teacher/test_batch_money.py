"""Spending limits of batches: reserved in whole before submission, charged at batch prices."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from tests.integration.teacher.batch_server import BatchServer, Item, batch_teacher

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.estimate import estimate
from vermeil.jobs.replies import abandon_batch, list_batches
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import PriceConfig, TeacherConfig
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.charges import Charge, SpendingTotals
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import max_usage

NUMBER = 10
EACH = 12
"""Tokens that the server counts for one request."""
PRICES = {"m": PriceConfig(input=1.0, output=2.0, batch=0.5)}


@pytest.fixture(params=["openai", "anthropic"])
def teacher(request: pytest.FixtureRequest, api: BatchServer) -> TeacherConfig:
    few = {"max_tokens": 20, "prices": PRICES}
    return batch_teacher(api, request.param).model_copy(update=few)


def spent(store: Path) -> SpendingTotals:
    with ReplyStore(store) as replies:
        return replies.spent()


def most(documents: list[Document], task: Task, teacher: TeacherConfig) -> Charge:
    """The most that all requests can cost in a batch."""
    price = price_of(teacher, batch=True)
    assert price is not None
    usages = [max_usage(request) for request in make_requests(documents, task, teacher)]
    return Charge(sum(u.total for u in usages), sum(map(price.cost, usages)))


def test_replies_are_charged_at_the_price_of_a_batch(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    report = annotate(documents, task, teacher, store)
    cost = NUMBER * (10 * 1.0 + 2 * 2.0) / 1e6 * 0.5
    assert report.ask_report.cost_usd == pytest.approx(cost)
    assert spent(store).charged == Charge(NUMBER * EACH, round(cost * PER_DOLLAR))
    assert spent(store).reserved == Charge()


def test_what_could_exceed_a_limit_is_not_submitted(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    one = most(documents[:1], task, teacher).tokens
    limited = teacher.model_copy(update={"max_tokens_total": one - 1})
    report = annotate(documents, task, limited, store)
    assert report.states == {State.OVER_BUDGET: NUMBER}
    assert (report.ask_report.sent, report.ask_report.reused) == (NUMBER, 0)
    assert "max_tokens_total" in report.ask_report.problems[0].message
    assert not api.made
    assert spent(store).total == Charge()


@pytest.mark.parametrize("money", [True, False])
def test_batches_shrink_to_what_is_left_and_no_limit_is_exceeded(
    api: BatchServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    money: bool,
) -> None:
    whole, four = most(documents, task, teacher), most(documents[:4], task, teacher)
    limit = {"max_cost_usd": four.cost / PER_DOLLAR} if money else {"max_tokens_total": four.tokens}
    twins = [*documents, Document("twin", documents[-1].text)]
    report = annotate(twins, task, teacher.model_copy(update=limit), store)
    sizes = [len(made.items) for made in api.made.values()]
    assert sizes[0] == 4
    assert all(0 < size < NUMBER for size in sizes)
    # The rest of the first batch's money serves the next ones, as long as one more request fits.
    sent, total = sum(sizes), spent(store).total
    assert 4 < sent <= NUMBER
    assert report.states[State.EMPTY] + report.states.get(State.OVER_BUDGET, 0) == NUMBER + 1
    assert report.ask_report.sent == NUMBER
    assert total.tokens == sent * EACH
    assert total.cost < four.cost < whole.cost


def test_a_batch_that_runs_counts_until_it_has_ended(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    whole = most(documents, task, teacher)
    api.faults.looking = [500] * 3
    with pytest.raises(TeacherError):
        annotate(documents, task, teacher, store)
    assert spent(store).reserved == whole
    limited = teacher.model_copy(update={"max_tokens_total": whole.tokens})
    late = [*documents, Document("late", "This one comes late.")]
    assert annotate(late, task, limited, store).states == {State.EMPTY: NUMBER + 1}
    assert [len(made.items) for made in api.made.values()] == [NUMBER, 1]
    assert spent(store).charged.tokens == (NUMBER + 1) * EACH
    assert spent(store).reserved == Charge()


def test_what_never_ran_costs_nothing(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.creating = [401]
    with pytest.raises(TeacherError):
        annotate(documents, task, teacher, store)
    assert spent(store).total == Charge()
    api.faults.script = lambda text: Item("error")
    annotate(documents, task, teacher, store)
    assert spent(store).total == Charge()


def test_a_batch_that_was_given_up_is_charged_in_full(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    whole = most(documents, task, teacher)
    api.faults.looking = [500] * 3
    with suppress(TeacherError):
        annotate(documents, task, teacher, store)
    abandon_batch(store, list_batches(store)[0]["name"])
    assert (spent(store).charged, spent(store).reserved) == (whole, Charge())


def test_what_is_missing_in_the_results_may_have_been_billed(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    gone = documents[3]
    api.faults.script = lambda text: Item("left out") if text == gone.text else Item()
    once = teacher.model_copy(update={"retries": 0})
    annotate(documents[:4], task, once, store)
    lost = most([gone], task, teacher).tokens
    assert spent(store).charged.tokens >= 3 * EACH + lost
    assert (spent(store).charged.tokens - 3 * EACH) % lost == 0


def test_a_batch_of_another_model_is_charged_at_that_ones_price(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.looking = [500] * 3
    with suppress(TeacherError):
        annotate(documents, task, teacher, store)
    dearer = {"n": PriceConfig(input=100.0, output=200.0), **PRICES}
    other = teacher.model_copy(update={"model": "n", "prices": dearer})
    annotate(documents, task, other, store)
    with ReplyStore(store) as replies:
        old, new = replies.spent("m").charged, replies.spent("n").charged
    assert new.cost == 200 * old.cost > 0
    assert new.tokens == old.tokens == NUMBER * EACH


def test_an_estimate_goes_by_the_price_of_a_batch(
    task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    dear = estimate(documents, task, teacher.model_copy(update={"mode": "online"}), store)
    cheap = estimate(documents, task, teacher, store)
    assert cheap.usage == dear.usage
    assert dear.cost_usd is not None
    assert dear.upper_bound_usd is not None
    assert cheap.cost_usd == pytest.approx(dear.cost_usd / 2)
    assert cheap.upper_bound_usd == pytest.approx(dear.upper_bound_usd / 2)
