"""A backend that puts documents which wait at the same time into one request to another backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import AttemptError, Backend, ServerRateLimits
from vermeil.teacher.backends.multi_document_prompt import (
    can_share_request,
    merge_requests,
    split_usage,
)
from vermeil.teacher.backends.registry import open_backend
from vermeil.teacher.config import TeacherConfig

_WAIT_SECONDS = 0.02
"""Seconds that a document waits for company."""

_Waiting = tuple[Request, "asyncio.Future[Reply]"]


def multi_document_backend(config: TeacherConfig) -> Callable[[], Backend] | None:
    """Return who is to be asked where documents share requests; None where they do not."""
    if config.documents_per_request == 1:
        return None
    return lambda: MultiDocumentBackend(open_backend(config), config.documents_per_request)


class MultiDocumentBackend:
    """Asks about up to ``most`` documents at once; each caller gets the whole reply.

    Args:
        inner: who is asked.
        most: documents in one request.
    """

    def __init__(self, inner: Backend, max_documents: int) -> None:
        self._inner, self._max_documents = inner, max_documents
        self._waiting: list[_Waiting] = []
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def limits(self) -> ServerRateLimits | None:
        """What the newest answer said about the server's limits."""
        return self._inner.limits

    async def complete(self, request: Request) -> Reply:
        """Ask once, together with others that are asked at about the same time."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reply] = loop.create_future()
        self._waiting.append((request, answer))
        if len(self._waiting) >= self._max_documents:
            self._send_all()
        else:
            loop.call_later(_WAIT_SECONDS, self._send_all)
        return await answer

    async def aclose(self) -> None:
        """Give up what is under way and let go of connections."""
        for task in self._sending:
            task.cancel()
        await self._inner.aclose()

    def _send_all(self) -> None:
        waiting = [one for one in self._waiting if not one[1].done()]
        self._waiting.clear()
        while waiting:
            group, waiting = self._group(waiting)
            task = asyncio.get_running_loop().create_task(self._send(group))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _group(self, waiting: list[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
        """Return what goes into one request with the first one, and what is left."""
        group, rest = waiting[:1], waiting[:0]
        for one in waiting[1:]:
            fits = len(group) < self._max_documents and all(
                can_share_request(one[0], other) for other, _ in group
            )
            (group if fits else rest).append(one)
        return group, rest

    async def _send(self, group: list[_Waiting]) -> None:
        try:
            reply = await self._inner.complete(merge_requests([request for request, _ in group]))
        except AttemptError as fault:
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(_copy_error(fault))
        except BaseException as error:
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(error)
            raise
        else:
            for (_, answer), share in zip(group, split_usage(reply, len(group)), strict=True):
                if not answer.done():
                    answer.set_result(share)


def _copy_error(fault: AttemptError) -> AttemptError:
    """Return the fault once more: each waiting document raises its own."""
    return AttemptError(
        str(fault), fault.scope, fault.retry_after, busy=fault.busy, unbilled=fault.unbilled
    )
