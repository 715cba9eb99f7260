"""Requests to send again: those whose replies cannot be used, with the current settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vermeil.data.document import Document
from vermeil.data.reply import Request, State
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.protocol import ReplyResult, Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import Volume
from vermeil.teacher.demonstrations import Demonstrations
from vermeil.teacher.report import RequestReport
from vermeil.teacher.requests import VERIFY, make_requests, reader
from vermeil.teacher.store.earlier import REPEAT_STRIDE, EarlierRequests, RequestSlot
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.usability import OFF_SCHEMA, UsabilityTally, failure_of

STATES = (
    *(s.value for s in (State.UNPARSABLE, State.TRUNCATED, State.FAILED, State.UNPLACED)),
    *(s.value for s in (State.REFUSED, State.EMPTY, State.DONE)),
    OFF_SCHEMA,
)
"""States whose requests can be sent again."""
_LINKS_PER_COMMIT = 5_000


@dataclass(frozen=True, slots=True)
class Again:
    """Requests that `annotate` sends again with the current settings.

    Args:
        states: states of the replies; several in one string are separated by commas.
        repeat: number of the repetition of an unchanged request, from 2; 1: send no request that
            is unchanged.

    Raises:
        ConfigError: a state cannot be requested again, or ``repeat`` is below 1.
    """

    states: Sequence[str]
    repeat: int = 1

    def __post_init__(self) -> None:
        given = [self.states] if isinstance(self.states, str) else self.states
        names = tuple(dict.fromkeys(name.strip() for one in given for name in one.split(",")))
        problems = [f"again: {n!r}: expected one of {', '.join(STATES)}" for n in names]
        problems = [p for p, n in zip(problems, names, strict=True) if n not in STATES]
        if not names:
            problems.append(f"again: no state; expected one or more of {', '.join(STATES)}")
        if self.repeat < 1:
            problems.append(f"repeat: {self.repeat}: expected 1 or more")
        if problems:
            raise ConfigError(*problems)
        object.__setattr__(self, "states", names)


@dataclass(frozen=True, slots=True)
class AgainReport:
    """Result of sending requests again.

    Args:
        states: the chosen states.
        asked: number of requests that were sent again.
        usable: how many of them now have a usable reply.
        unchanged: requests that were not sent, because the same request has a reply.
        results: number of requests sent again by the state of the new reply.
    """

    states: tuple[str, ...]
    asked: int
    usable: int
    unchanged: int
    results: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "states": list(self.states),
            "asked": self.asked,
            "now_usable": self.usable,
            "unchanged": self.unchanged,
            "results": self.results,
        }


@dataclass(slots=True)
class Selection:
    """Requests of one teacher that are sent again.

    Args:
        keys: their keys, with the current settings.
        documents: number of documents.
        chosen: number of requests to send again, also about documents with the same text.
        characters: total length of the texts of ``chosen``.
        unchanged: requests in the chosen states that were answered with the same settings.
        has_usable: whether the reply to any request is usable.
        links: keys of current requests and of the earlier ones that they continue.
    """

    keys: set[str] = field(default_factory=set)
    documents: int = 0
    chosen: int = 0
    characters: int = 0
    unchanged: int = 0
    has_usable: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)

    @property
    def volume(self) -> Volume:
        """Amount of text to send."""
        return Volume(self.chosen, self.characters, self.chosen)


class AgainSelector:
    """Selects the requests of one teacher to send again.

    Args:
        task: renders the prompts and parses the replies.
        teacher: the current settings.
        demonstrations: the demonstrations of the prompts.
        again: the chosen states.
        others: the other teachers, whose requests are not continued.
    """

    def __init__(
        self,
        task: Task,
        teacher: TeacherConfig,
        demonstrations: Demonstrations,
        again: Again,
        others: Sequence[TeacherConfig] = (),
    ) -> None:
        self.teacher = teacher
        self._task, self._again = task, again
        self._demonstrations, self._read = demonstrations, reader(task, teacher)
        own = (teacher.model, teacher.prompt)
        named = {(one.model, one.prompt) for one in others} - {own}
        self._others = named | {("", VERIFY)}

    def select(self, documents: Iterable[Document], store: Path) -> Selection:
        """Return the requests to send again.

        Args:
            documents: the documents.
            store: the file of replies; it must exist.
        """
        selection, ids = Selection(), 0
        with (
            ReplyStore(store) as replies,
            ReplyStore(store, alternatives=False) as exact,
            EarlierRequests(store) as earlier,
        ):
            for request in self._requests(documents):
                ids += request.sample == 0
                base = self._base(request, replies, earlier)
                reading = self._reading(request, base, replies)
                selection.has_usable |= failure_of(reading) is None
                current = [request]
                if self._is_chosen(reading):
                    repeated = self._repeated(request)
                    self._choose(selection, repeated, exact)
                    current.append(repeated)
                if base is not None:
                    selection.links += [(one.key, base) for one in current if one.key != base]
        selection.documents = ids
        return selection

    def link(self, selection: Selection, store: Path) -> None:
        """Make the current requests alternatives of the earlier ones.

        Later runs with either settings then find all replies.
        """
        with ReplyStore(store) as replies:
            for start in range(0, len(selection.links), _LINKS_PER_COMMIT):
                replies.add_alternatives(selection.links[start : start + _LINKS_PER_COMMIT])
        selection.links.clear()

    def requests(self, documents: Iterable[Document], selection: Selection) -> Iterator[Request]:
        """Yield the selected requests."""
        for request in self._requests(documents):
            repeated = self._repeated(request)
            if repeated.key in selection.keys:
                yield repeated

    def combined_report(
        self, documents: Iterable[Document], selection: Selection, store: Path, sent: RequestReport
    ) -> tuple[RequestReport, AgainReport]:
        """Return the report of all requests, and that of those that were sent again."""
        states: Counter[State] = Counter()
        usability = UsabilityTally()
        usable = 0
        with ReplyStore(store) as replies:
            for request in self._requests(documents):
                reading = self._reading(request, request.key, replies)
                states[reading.state] += 1
                usability.add(reading)
                is_selected = self._repeated(request).key in selection.keys
                usable += is_selected and failure_of(reading) is None
        number = states.total()
        report = replace(
            sent,
            requests=number,
            reused=number - sent.sent,
            states=dict(states),
            usability=usability.result,
        )
        results = {state.value: n for state, n in sent.states.items()}
        again = AgainReport(
            tuple(self._again.states), selection.chosen, usable, selection.unchanged, results
        )
        return report, again

    def _requests(self, documents: Iterable[Document]) -> Iterator[Request]:
        return make_requests(
            documents, self._task, self.teacher, demonstrations=self._demonstrations
        )

    def _repeated(self, request: Request) -> Request:
        """Return the request as it is sent again: a repetition has another sample number."""
        offset = REPEAT_STRIDE * (self._again.repeat - 1)
        return replace(request, sample=request.sample + offset) if offset else request

    def _base(self, request: Request, store: ReplyStore, earlier: EarlierRequests) -> str | None:
        """Return the key of the request that is continued; None if none was sent."""
        key = request.key
        if store.get(key) is not None or store.error(key) is not None:
            return key
        slot = RequestSlot(request.model, request.prompt, request.sample)
        return earlier.find(request.text, slot, self._others)

    def _reading(self, request: Request, key: str | None, store: ReplyStore) -> ReplyResult:
        """Return the result of the request under a key and of its alternatives."""
        reply = None if key is None else store.get(key)
        if reply is not None:
            return self._read(request.text, reply)
        error = None if key is None else store.family_error(key)
        if error is not None:
            return ReplyResult(State.FAILED, problem=error)
        return ReplyResult(State.PENDING, problem="no request sent yet; run vermeil annotate")

    def _is_chosen(self, reading: ReplyResult) -> bool:
        return bool({reading.state.value, failure_of(reading)} & set(self._again.states))

    def _choose(self, selection: Selection, request: Request, exact: ReplyStore) -> None:
        if exact.get(request.key) is not None:
            selection.unchanged += 1
            return
        selection.keys.add(request.key)
        selection.chosen += 1
        selection.characters += len(request.text)


def select_again(
    documents: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    demonstrations: Demonstrations,
    again: Again,
) -> list[tuple[AgainSelector, Selection]]:
    """Return the selector of every teacher with the requests that it selects.

    Raises:
        ConfigError: the requests to send again would be unchanged.
        DataError: there is no store of replies.
    """
    if not store.exists():
        raise DataError("no replies are stored here; run vermeil annotate first", store)
    selectors = selectors_for(task, teacher, demonstrations, again)
    selections = [one.select(documents, store) for one in selectors]
    require_change(selections, again)
    return list(zip(selectors, selections, strict=True))


def selectors_for(
    task: Task, teacher: TeacherConfig, demonstrations: Demonstrations, again: Again
) -> list[AgainSelector]:
    """Return the selector of every teacher."""
    every = teacher.all_teachers()
    return [
        AgainSelector(task, one, demonstrations, again, [o for o in every if o is not one])
        for one in every
    ]


def require_change(selections: Sequence[Selection], again: Again) -> None:
    """Raise `ConfigError` if requests were chosen, and all of them would be the same as before."""
    unchanged = sum(one.unchanged for one in selections)
    if not unchanged or any(one.chosen for one in selections):
        return
    states, number = ", ".join(again.states), again.repeat + 1
    raise ConfigError(
        f"--again {states}: {unchanged:,} requests are in these states, and with the current "
        "settings they would be the same as before, so nothing was sent; change a setting, for "
        "example --set teacher.max_tokens=4096, or repeat the same requests with --repeat "
        f"{number}"
    )
