"""What annotating would cost, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from vermeil.data.document import Document
from vermeil.data.reply import Usage
from vermeil.jobs.adding import sum_reports
from vermeil.jobs.annotate import count_pending
from vermeil.tasks.protocol import Task
from vermeil.teacher.address import host_of
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import Volume
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.requests import check_prompt, make_requests
from vermeil.teacher.store.charges import SpendingTotals
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate, count_characters, max_usage

_SAMPLE = 200
"""Documents whose prompts are looked at."""


@dataclass(frozen=True, slots=True)
class EstimateReport:
    """What annotating would need.

    Args:
        documents: how many there are.
        host: where the teacher is.
        volume: what has no reply yet.
        sampled_documents: documents whose prompts were looked at.
        based_on_replies: stored replies of the same model that the estimate goes by; 0: rules of thumb
            (four characters to a token, replies of a quarter of ``max_tokens``).
        usage: tokens that it will probably need.
        upper_bound: tokens that it cannot exceed if every request is answered at the first attempt.
        cost_usd: price of ``usage``; None: the price is not known.
        upper_bound_usd: price of ``upper_bound``.
        spent: what all attempts in the store cost so far.
        not_estimated: what will be asked beside that, and cannot be known before; None: nothing.
    """

    documents: int
    host: str
    volume: Volume
    sampled_documents: int
    based_on_replies: int
    usage: Usage
    upper_bound: Usage
    cost_usd: float | None
    upper_bound_usd: float | None
    spent: SpendingTotals
    not_estimated: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "documents": self.documents,
            "host": self.host,
            "to_send": {
                "documents": self.volume.documents,
                "characters": self.volume.characters,
                "requests": self.volume.requests,
            },
            "sampled_documents": self.sampled_documents,
            "learned_from_replies": self.based_on_replies,
            "expected": _tokens(self.usage, self.cost_usd),
            "at_most": _tokens(self.upper_bound, self.upper_bound_usd),
            "spent_so_far": {
                "tokens": self.spent.total.tokens,
                "cost_usd": self.spent.total.cost / PER_DOLLAR,
            },
            **({} if self.not_estimated is None else {"left_out": self.not_estimated}),
        }


def _tokens(usage: Usage, cost: float | None) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cost_usd": cost,
    }


def estimate(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
) -> EstimateReport:
    """Estimate tokens and cost of what `annotate` would ask all teachers. Sends nothing.

    The prompts of the first documents are rendered; of the others only the texts are measured, as
    what stands around a text is nearly the same everywhere. Characters become tokens, and the
    length of replies is told, by what the server counted for earlier replies of the same model in
    the store; without any, by rules of thumb. The upper bound needs neither: no tokenizer makes
    more tokens than there are bytes, and no reply is longer than ``max_tokens``.

    Args:
        documents: gone through twice; a one-way iterator is read into memory first.
        task: renders the prompts.
        teacher: whom to ask, and how.
        store: the file of replies; it need not be there.
        demonstrations: those of the prompts.

    Raises:
        ConfigError: wrong prompt or address, or a limit on cost where the price is not known.
        DataError: the store cannot be used.
    """
    check_prompt(task, teacher)
    if iter(documents) is documents:
        documents = tuple(documents)
    reports = [
        _estimate(documents, task, one, Path(store), demonstrations)
        for one in teacher.all_teachers()
    ]
    return replace(
        sum_reports(
            reports,
            cumulative=(
                "documents",
                "host",
                "sampled_documents",
                "volume",
                "spent",
                "not_estimated",
            ),
        ),
        host=", ".join(dict.fromkeys(report.host for report in reports)),
        volume=sum_reports([report.volume for report in reports]),
        not_estimated="the questions about contested mentions (teacher.verify)"
        if teacher.verify
        else None,
    )


def _estimate(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    demonstrations: Demonstrations,
) -> EstimateReport:
    """Estimate what one teacher would be asked."""
    price = price_of(teacher, batch=teacher.mode == "batch")
    number, volume = count_pending(documents, task, teacher, store, demonstrations)
    spent = asked = SpendingTotals()
    if store.exists():
        with ReplyStore(store) as replies:
            spent, asked = replies.spent(), replies.spent(teacher.model)
    expectation = UsageEstimate.from_usage(
        asked.replies, asked.prompt_characters, asked.usage, teacher.max_tokens
    )
    sample = list(islice(documents, _SAMPLE))
    text = sum(len(document.text) for document in sample)
    requests = list(make_requests(sample, task, teacher, 1, demonstrations))
    whole = volume.characters * teacher.samples
    # Per request what stands around the text, per character of text its bytes.
    around = (sum(map(count_characters, requests)) - text) / max(1, len(sample))
    usage = expectation.estimate(round(whole + around * volume.requests), volume.requests)
    longest = sum(max_usage(request).prompt_tokens for request in requests)
    per_text = sum(len(document.text.encode()) for document in sample) / max(1, text)
    fixed = longest / max(1, len(sample)) - per_text * text / max(1, len(sample))
    most = Usage(
        round(whole * per_text + fixed * volume.requests), teacher.max_tokens * volume.requests
    )
    return EstimateReport(
        number,
        host_of(teacher.base_url),
        volume,
        len(sample),
        expectation.replies,
        usage,
        most,
        None if price is None else price.cost(usage) / PER_DOLLAR,
        None if price is None else price.cost(most) / PER_DOLLAR,
        spent,
    )
