"""Optimisation of the teacher's prompt on gold, with a cross-fitted gain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from vermeil.data.document import Document
from vermeil.data.lock import lock_path
from vermeil.data.progress import Progress, silent
from vermeil.errors import ConfigError, DataError, TeacherError
from vermeil.jobs.demonstrations import choose_demonstrations
from vermeil.jobs.requirements import require_teachers
from vermeil.optional import require
from vermeil.pipeline.optimize.client import (
    LimitReachedError,
    PromptClient,
    most_of_request,
    settings_of_coach,
    settings_of_teacher,
)
from vermeil.pipeline.optimize.spending import (
    OptimizeLimits,
    amount_of,
    open_limits,
    optimisation_digest,
)
from vermeil.prompting.allowance import Allowance, Amount
from vermeil.prompting.config import OptimizeConfig
from vermeil.prompting.crossfit import CrossFittedGain, cross_fit, gain_of, optimise
from vermeil.prompting.folds import cut_folds
from vermeil.prompting.optimiser import CandidateTrial, CoachTally, OptimiserTools
from vermeil.prompting.optimisers import OPTIMISERS
from vermeil.prompting.prompt import Prompt, prompt_of
from vermeil.prompting.report import OptimizeReport
from vermeil.prompting.score import PromptScore
from vermeil.tasks.protocol import Task
from vermeil.teacher.address import api_key
from vermeil.teacher.backends.registry import keep_servers
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent
from vermeil.teacher.demonstrations import without_shared
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.requests import check_prompt, make_requests
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate, count_characters


def optimize(
    gold: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    config: OptimizeConfig,
    store: Path | str,
    progress: Progress = silent,
    *,
    excluded: Iterable[Document] = (),
) -> OptimizeReport:
    """Improve the teacher's prompt from its errors on gold, and measure the gain honestly.

    The prompt is optimised on all folds but one and scored on that fold, for every fold. If this
    cross-fitted gain is significant, the prompt is optimised once more on all gold. Every reply is
    stored, so the same call resumes an interrupted run.

    Args:
        gold: annotated documents, about 100 to 300.
        task: the task with today's guidelines and label descriptions.
        teacher: model, address, prompt and limits. One reply per document is requested.
        config: optimisers, folds and limits.
        store: the file of replies.
        progress: called with stage, done, total and details.
        excluded: documents (dev, test) whose ids, texts and groups are not used.

    Raises:
        ConfigError: an option or a package is missing, or the limits are too small for one round.
        ConsentError: text would leave this machine and ``allow_remote`` is not set.
        DataError: gold is too small, or the teacher makes no errors on it.
        TeacherError: the teacher or the coach cannot be used, or a limit ended the optimisation.
    """
    store = Path(store)
    _check_settings(task, teacher, config)
    _check_access(teacher, config)
    usable = without_shared((d for d in gold if not d.annotation.is_empty), excluded)
    start = _start(task, teacher, usable)
    shown = {document.group_or_id for document in start.demonstrations}
    scored = [document for document in usable if document.group_or_id not in shown]
    folds = cut_folds(scored, config.folds, config.seed)
    with lock_path(store), keep_servers():
        with ReplyStore(store) as replies:
            digest = optimisation_digest(scored, task, teacher, start, config)
            limits = open_limits(replies, config, digest)
        run = _Optimisation(task, teacher, limits, store, progress)
        return run.run(start, scored, folds)


class _Optimisation:
    """One optimisation with its limits, its requests and its report."""

    def __init__(
        self,
        task: Task,
        teacher: TeacherConfig,
        limits: OptimizeLimits,
        store: Path,
        progress: Progress,
    ) -> None:
        self._task, self._limits, self._config = task, limits, limits.config
        self._store, self._progress = store, progress
        self._teacher = settings_of_teacher(teacher, limits)
        self._coach = settings_of_coach(teacher, limits)

    def run(
        self, start: Prompt, gold: Sequence[Document], folds: Sequence[Sequence[Document]]
    ) -> OptimizeReport:
        """Score today's prompt, cross-fit, optimise on all gold and return the report."""
        with ReplyStore(self._store) as replies:
            calls = self._limits.call_counter(replies)
        allowance = self._allowance(start, gold)
        client = PromptClient(self._task, self._teacher, self._coach, self._store, allowance, calls)
        tally = CoachTally()
        tools = OptimiserTools(
            self._task, self._config, client.score, client.send_to_coach, allowance, tally
        )
        try:
            client.start_stage("score today's prompt", self._progress)
            self._check_errors(tools.score(start, gold))
            self._check_limit(allowance, len(gold), scored=True)
            results = cross_fit(
                start,
                folds,
                tools,
                lambda number: client.start_stage(f"fold {number} of {len(folds)}", self._progress),
            )
            gain = gain_of(results, self._config.resamples, self._config.seed)
            prompt, trials = self._final(start, gold, gain, tools, client)
        except LimitReachedError:
            raise self._stopped() from None
        with ReplyStore(self._store) as replies:
            spending = self._limits.spending(replies, self._has_prices)
        return OptimizeReport(
            len(gold),
            gain.comparison.groups,
            start,
            prompt,
            gain,
            tuple(results),
            trials,
            spending,
            tuple(_warnings(allowance, tally)),
        )

    @property
    def _has_prices(self) -> bool:
        return price_of(self._teacher) is not None and price_of(self._coach) is not None

    def _final(
        self,
        start: Prompt,
        gold: Sequence[Document],
        gain: CrossFittedGain,
        tools: OptimiserTools,
        client: PromptClient,
    ) -> tuple[Prompt, tuple[CandidateTrial, ...]]:
        """Return the prompt optimised on all gold; the start if the gain is not significant."""
        if not gain.is_significant:
            return start, ()
        client.start_stage("all gold", self._progress)
        tools.allowance.start_share(1, 0)
        optimised = optimise(start, gold, tools)
        return optimised.prompt, optimised.trials

    def _allowance(self, start: Prompt, gold: Sequence[Document]) -> Allowance:
        """Return the limit of the optimisation; raise if scoring gold once exceeds it."""
        settings = self._teacher.model_copy(update={"prompt": start.variant})
        requests = list(make_requests(gold, self._task, settings))
        characters = sum(map(count_characters, requests)) / len(requests)
        with ReplyStore(self._store) as replies:
            spent = replies.spent(self._teacher.model)
        estimate = UsageEstimate.from_usage(
            spent.replies, spent.prompt_characters, spent.usage, self._teacher.max_tokens
        )
        usage, price = estimate.estimate(round(characters)), price_of(self._teacher)
        expected = amount_of(usage, 0 if price is None else price.cost(usage))
        # A request is refused if its largest possible charge does not fit any more.
        largest = max(requests, key=count_characters)
        reserve = most_of_request(largest, self._teacher)
        limit = self._limits.total(self._teacher)
        limit = Amount(limit.calls, limit.tokens - reserve.tokens, limit.cost - reserve.cost)
        # Without stored replies, only the number of calls is known.
        checked = expected if spent.replies else Amount(1)
        self._check_limit(Allowance(limit, checked), len(gold), scored=False)
        return Allowance(limit, expected)

    def _check_limit(self, allowance: Allowance, documents: int, *, scored: bool) -> None:
        """Raise `ConfigError` if one candidate per fold does not fit the limits.

        Args:
            allowance: the limit, and what was used.
            documents: number of scored gold documents.
            scored: whether today's prompt was scored on them.
        """
        uses_coach = any(OPTIMISERS[name].uses_coach for name in self._config.optimisers)
        sample = min(self._config.documents, documents)
        round_requests = sample + uses_coach
        left = documents + (self._config.folds + 1) * round_requests
        requests = left if scored else left + documents
        needed = allowance.used + allowance.per_request.scaled(requests)
        if needed.within(allowance.limit):
            return
        parts = [f"{needed.calls:,.0f} requests"]
        if needed.tokens:
            parts.append(f"about {needed.tokens:,.0f} tokens")
        if needed.cost:
            parts.append(f"about ${needed.cost / PER_DOLLAR:,.4f}")
        raise ConfigError(
            f"optimize: the limits are too small for one round: today's prompt and one candidate "
            f"in each of {self._config.folds} folds need {', '.join(parts)}. Raise "
            "optimize.max_calls, max_tokens_total or max_cost_usd (and those of [teacher]), or "
            "lower optimize.folds or optimize.documents. Replies so far are stored"
        )

    def _check_errors(self, score: PromptScore) -> None:
        """Raise unless the replies to today's prompt are usable and have errors."""
        if score.unusable == len(score.documents):
            raise TeacherError(
                f"none of the {score.unusable} replies to today's prompt is usable; see "
                "vermeil pilot or vermeil show for the replies"
            )
        if score.is_perfect:
            raise DataError(
                f"the teacher makes no error on the {len(score.documents)} gold documents, so "
                "there is nothing to optimise; keep the prompt, or add gold that is harder"
            )

    def _stopped(self) -> TeacherError:
        with ReplyStore(self._store) as replies:
            spending = self._limits.spending(replies, self._has_prices)
        cost = "" if spending.cost_usd is None else f", ${spending.cost_usd:,.4f}"
        return TeacherError(
            f"a limit ended the optimisation after {spending.calls:,} requests "
            f"({spending.tokens:,} tokens{cost}); the prompt is unchanged and all replies are "
            "stored. Raise the limits of [optimize] or [teacher] and run the same command again"
        )


def _check_settings(task: Task, teacher: TeacherConfig, config: OptimizeConfig) -> None:
    for name in config.optimisers:
        extra = OPTIMISERS[name].extra
        if extra is not None:
            require(f'optimize.optimisers = "{name}"', extra)
    coach = () if config.coach is None else (config.coach,)
    require_teachers(teacher.model_copy(update={"additional": coach}))
    check_prompt(task, teacher.model_copy(update={"additional": (), "verify": False}))
    if teacher.demonstrations.kind == "nearest":
        raise ConfigError(
            'teacher.demonstrations.kind: "nearest" chooses among gold that is scored here; set '
            'it to "fixed", "covering" or "none" for vermeil optimize'
        )
    if config.max_calls is config.max_tokens_total is config.max_cost_usd is None:
        raise ConfigError(
            "optimize: has no limit; set optimize.max_cost_usd, optimize.max_tokens_total or "
            "optimize.max_calls"
        )


def _check_access(teacher: TeacherConfig, config: OptimizeConfig) -> None:
    """Raise unless prices, consent and keys of teacher and coach are known."""
    limits = OptimizeLimits(Amount(), config)
    for one in (settings_of_teacher(teacher, limits), settings_of_coach(teacher, limits)):
        price_of(one)
        check_consent(one)
        api_key(one)


def _start(task: Task, teacher: TeacherConfig, gold: Sequence[Document]) -> Prompt:
    """Return today's prompt with its fixed demonstrations."""
    shown = choose_demonstrations(teacher.demonstrations, gold, ()).first
    return prompt_of(task, teacher.prompt, shown)


def _warnings(allowance: Allowance, tally: CoachTally) -> list[str]:
    found = []
    if allowance.was_exceeded:
        found.append(
            "the limits of [optimize] ended the search of at least one fold; with higher limits it "
            "may find more"
        )
    if tally.unusable:
        found.append(
            f"{tally.unusable} of {tally.replies} replies of the coach were not usable "
            f"(the last one: {tally.problem}); if there are many, choose another optimize.coach"
        )
    return found
