"""Estimate of the tokens and cost of annotating, before any request is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from vermeil.data.document import Document
from vermeil.data.document_stream import DocumentStream
from vermeil.data.reply import Usage
from vermeil.jobs.adding import sum_reports
from vermeil.jobs.again import Again, select_again
from vermeil.jobs.annotate import count_pending
from vermeil.jobs.spending import unknown_charges
from vermeil.tasks.protocol import Task
from vermeil.teacher.address import host_of
from vermeil.teacher.backends.base import BackendSpeed
from vermeil.teacher.backends.registry import measure_server
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import Volume
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.limits.price_list import price_warnings
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.requests import check_prompt, make_requests
from vermeil.teacher.store.charges import SpendingTotals
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate, count_characters, max_usage

Measure = Callable[[TeacherConfig], BackendSpeed | None]
"""Measures the speed of a server that Vermeil starts; None: it starts none."""

_SAMPLE = 200
"""Number of documents whose prompts are rendered."""


@dataclass(frozen=True, slots=True)
class EstimateReport:
    """Estimated volume, tokens and cost of `annotate`.

    Args:
        documents: number of documents.
        host: host of the teacher.
        volume: documents, characters and requests without a stored reply.
        sampled_documents: number of documents whose prompts were rendered.
        based_on_replies: number of stored replies of the same model behind the estimate; 0 means
            rules of thumb (four characters per token, replies of a quarter of ``max_tokens``).
        usage: expected tokens.
        upper_bound: tokens that cannot be exceeded if every first attempt succeeds.
        cost_usd: price of ``usage`` in US dollars; None if the price is not known.
        upper_bound_usd: price of ``upper_bound`` in US dollars; None if the price is not known.
        spent: tokens and cost of all attempts in the store so far.
        not_estimated: further requests that depend on the replies, in words; None if there are
            none.
        warnings: retired models, and prices of the built-in list that are old.
        seconds: expected time with the measured speed of a server that Vermeil starts; None: not
            known.
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
    warnings: tuple[str, ...] = ()
    seconds: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "documents": self.documents,
            "host": self.host,
            "to_send": {
                "documents": self.volume.documents,
                "characters": self.volume.characters,
                "requests": self.volume.requests,
            },
            "sampled_documents": self.sampled_documents,
            "based_on_replies": self.based_on_replies,
            "expected": _tokens(self.usage, self.cost_usd),
            "at_most": _tokens(self.upper_bound, self.upper_bound_usd),
            "spent_so_far": {
                "tokens": self.spent.charged.tokens,
                "cost_usd": self.spent.charged.cost / PER_DOLLAR,
            },
            **unknown_charges(self.spent),
            **({} if self.seconds is None else {"expected_seconds": round(self.seconds, 1)}),
            **({} if self.not_estimated is None else {"not_estimated": self.not_estimated}),
            "warnings": list(self.warnings),
        }


def _tokens(usage: Usage, cost: float | None) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cost_usd": cost,
    }


def estimate(
    documents: Iterable[Document | str],
    task: Task,
    teacher: TeacherConfig,
    store: Path | str,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
    again: Again | str | Sequence[str] | None = None,
    *,
    measure: Measure = measure_server,
) -> EstimateReport:
    """Estimate the tokens, cost and time of `annotate` for all teachers. No document is sent.

    The prompts of the first documents are rendered. For the other documents only the text is
    measured, because the rest of the prompt has nearly the same length. The tokens per character
    and the length of replies come from earlier replies of the same model in the store, or else from
    rules of thumb. The upper bound needs neither: no tokenizer makes more tokens than there are
    bytes, and no reply is longer than ``max_tokens``.

    The time is known only for a server that Vermeil starts. It is started, measured and stopped.

    Args:
        documents: documents or plain texts, iterated twice; a one-way iterator is read into memory.
        task: renders the prompts.
        teacher: model, address, prompt and limits.
        store: the file of replies; it need not exist.
        demonstrations: the gold documents that prompts show as examples.
        again: as for `annotate`: requests to send again.
        measure: measures the speed of a server that Vermeil starts.

    Raises:
        ConfigError: the prompt or address is wrong, a cost limit is set for a model of unknown
            price, or requests to send again would be unchanged.
        TeacherError: the server cannot be started.
        DataError: the store cannot be used.
    """
    store = Path(store)
    check_prompt(task, teacher)
    stream = DocumentStream.repeatable(documents)
    if again is None:
        counts = [
            count_pending(stream, task, one, store, demonstrations)
            for one in teacher.all_teachers()
        ]
    else:
        chosen = again if isinstance(again, Again) else Again(again)
        counts = _count_again(stream, task, teacher, store, demonstrations, chosen)
    reports = [
        _with_seconds(*_estimate(stream, task, one, store, demonstrations, counted), one, measure)
        for one, counted in zip(teacher.all_teachers(), counts, strict=True)
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
        not_estimated="requests to verify contested mentions (teacher.verify)"
        if teacher.verify
        else None,
        warnings=price_warnings(teacher),
    )


def _count_again(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    demonstrations: Demonstrations,
    again: Again,
) -> list[tuple[int, Volume]]:
    """Return, per teacher, the number of documents and the volume of the requests to send again."""
    selected = select_again(documents, task, teacher, store, demonstrations, again)
    return [(selection.documents, selection.volume) for _, selection in selected]


def _estimate(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    demonstrations: Demonstrations,
    counted: tuple[int, Volume],
) -> tuple[EstimateReport, float]:
    """Estimate the tokens and cost of one teacher; return also the share of texts in prompts.

    Args:
        documents: all documents.
        task: renders the prompts.
        teacher: the settings of the teacher.
        store: the file of replies; it need not exist.
        demonstrations: the gold documents that prompts show as examples.
        counted: number of documents, and the volume to send.
    """
    price = price_of(teacher, batch=teacher.mode == "batch")
    number, volume = counted
    spent = earlier = SpendingTotals()
    if store.exists():
        with ReplyStore(store) as replies:
            spent, earlier = replies.spent(), replies.spent(teacher.model)
    expectation = UsageEstimate.from_usage(
        earlier.replies, earlier.prompt_characters, earlier.usage, teacher.max_tokens
    )
    sample = list(islice(documents, _SAMPLE))
    sample_size = max(1, len(sample))
    text = sum(len(document.text) for document in sample)
    requests = list(make_requests(sample, task, teacher, 1, demonstrations))
    text_to_send = volume.characters * volume.requests / max(1, volume.documents)
    # A prompt is its text and a part of fixed length (instructions, demonstrations).
    fixed_characters = (sum(map(count_characters, requests)) - text) / sample_size
    characters = round(text_to_send + fixed_characters * volume.requests)
    usage = expectation.estimate(characters, volume.requests)
    # The same in bytes, which bound the tokens.
    bytes_per_character = sum(len(document.text.encode()) for document in sample) / max(1, text)
    prompt_bytes = sum(max_usage(request).prompt_tokens for request in requests)
    fixed_bytes = prompt_bytes / sample_size - bytes_per_character * text / sample_size
    upper_bound = Usage(
        round(text_to_send * bytes_per_character + fixed_bytes * volume.requests),
        teacher.max_tokens * volume.requests,
    )
    report = EstimateReport(
        number,
        host_of(teacher.base_url),
        volume,
        len(sample),
        expectation.replies,
        usage,
        upper_bound,
        None if price is None else price.cost(usage) / PER_DOLLAR,
        None if price is None else price.cost(upper_bound) / PER_DOLLAR,
        spent,
    )
    return report, text_to_send / max(1, characters)


def _with_seconds(
    report: EstimateReport, text_share: float, teacher: TeacherConfig, measure: Measure
) -> EstimateReport:
    """Return the estimate with the expected time, if the speed is known.

    Args:
        report: the estimate of one teacher.
        text_share: share of the texts in all prompts. The server has the rest in its cache, unless
            demonstrations differ between documents.
        teacher: the teacher.
        measure: measures its speed.
    """
    usage = report.usage
    speed = measure(teacher) if usage.total else None
    if speed is None:
        return report
    is_cached = teacher.demonstrations.kind != "nearest"
    new_tokens = usage.prompt_tokens * (text_share if is_cached else 1.0)
    return replace(report, seconds=speed.seconds(new_tokens, usage.completion_tokens))
