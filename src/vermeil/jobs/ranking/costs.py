"""Expected costs of annotating each document, by the teacher or by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.words import words_of
from vermeil.errors import ConfigError
from vermeil.selection.ranking.config import RankConfig
from vermeil.selection.ranking.expected_errors import reading_minutes
from vermeil.selection.ranking.limits import CostLimit, RankLimits
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import Demonstrations
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.requests import check_prompt, make_requests
from vermeil.teacher.store.charges import SpendingTotals
from vermeil.teacher.store.reply_index import ReplyIndex
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate, count_characters

Costs = Mapping[str, NDArray[np.float64]]
"""Kind of cost (tokens, usd or minutes) to the cost of each document, shape (documents,)."""


@dataclass(frozen=True, slots=True)
class TeacherCosts:
    """Expected costs of requesting the missing replies about documents from all teachers.

    Args:
        costs: ``tokens``, and ``usd`` if the price of every teacher is known.
        answered: whether every reply about a document is stored: bool, shape (documents,).
        based_on_replies: number of stored replies behind the estimate; 0: rules of thumb.
    """

    costs: Costs
    answered: NDArray[np.bool_]
    based_on_replies: int


def teacher_costs(
    documents: Sequence[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path | None,
    demonstrations: Demonstrations,
) -> TeacherCosts:
    """Estimate the tokens and dollars of each document. Every prompt is rendered, none is sent.

    Args:
        documents: the documents to rank.
        task: renders the prompts.
        teacher: the settings of all teachers.
        store: the file of replies; None or a missing file: no reply is stored.
        demonstrations: gold documents that prompts show.

    Raises:
        ConfigError: the task has no such prompt.
        DataError: the store cannot be used, or a text is not valid Unicode.
    """
    check_prompt(task, teacher)
    size = len(documents)
    tokens, dollars, missing = np.zeros(size), np.zeros(size), np.zeros(size, np.int64)
    priced, replies = True, 0
    for one in teacher.all_teachers():
        estimate, stored = _stored_replies(one, store)
        price = price_of(one, batch=one.mode == "batch")
        priced, replies = priced and price is not None, replies + estimate.replies
        requests = make_requests(documents, task, one, demonstrations=demonstrations)
        for number, request in stored.numbered_missing(requests):
            place = number // one.samples
            usage = estimate.estimate(count_characters(request))
            missing[place] += 1
            tokens[place] += usage.total
            dollars[place] += 0 if price is None else price.cost(usage) / PER_DOLLAR
    costs = {"tokens": tokens, **({"usd": dollars} if priced else {})}
    return TeacherCosts(costs, missing == 0, replies)


def person_costs(documents: Sequence[Document], config: RankConfig) -> Costs:
    """Return the expected minutes of a person for each document."""
    words = [len(words_of(document)) for document in documents]
    per_document, per_word = config.seconds_per_document, config.seconds_per_word
    minutes = [reading_minutes(number, per_document, per_word) for number in words]
    return {"minutes": np.array(minutes, np.float64)}


def limits_of(config: RankConfig, costs: Costs) -> RankLimits:
    """Return the limits of a configuration on the costs that are known.

    Raises:
        ConfigError: a limit in dollars is set, and the price of a teacher is unknown.
    """
    if config.annotator == "person":
        wanted = {"minutes": config.max_minutes}
    else:
        wanted = {"tokens": config.max_tokens, "usd": config.max_cost_usd}
    if wanted.get("usd") is not None and "usd" not in costs:
        raise ConfigError(
            "rank.max_cost_usd: the price of a teacher's model is unknown; set teacher.prices, or "
            "limit rank.max_tokens or rank.max_documents instead"
        )
    limits = {
        name: CostLimit(float(most), costs[name])
        for name, most in wanted.items()
        if most is not None
    }
    return RankLimits(config.max_documents, limits)


def _stored_replies(teacher: TeacherConfig, store: Path | None) -> tuple[UsageEstimate, ReplyIndex]:
    """Return the expected usage of a teacher's requests, and the index of stored replies."""
    earlier, stored = SpendingTotals(), ReplyIndex(np.empty(0, np.uint64))
    if store is not None and store.exists():
        with ReplyStore(store) as replies:
            earlier, stored = replies.spent(teacher.model), replies.reply_index()
    usage = UsageEstimate.from_usage(
        earlier.replies, earlier.prompt_characters, earlier.usage, teacher.max_tokens
    )
    return usage, stored
