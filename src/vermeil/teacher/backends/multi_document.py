"""Backend that merges documents that wait at the same time into one request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.base import AttemptError, Backend, ErrorScope, ServerRateLimits
from vermeil.teacher.backends.multi_document_prompt import (
    can_share_request,
    has_part,
    merge_requests,
    split_counts,
    split_usage,
)
from vermeil.teacher.backends.registry import open_backend
from vermeil.teacher.config import TeacherConfig

_WAIT_SECONDS = 0.02
"""Seconds that a document waits for others to share its request."""

_REJECTED = (ErrorScope.REQUEST, ErrorScope.SETTINGS)
"""Scopes of errors that one document of a shared request may have caused."""

_Waiting = tuple[Request, "asyncio.Future[Reply]"]


def multi_document_backend(config: TeacherConfig) -> Callable[[], Backend] | None:
    """Return a factory of backends that merge documents; None if each has its own request."""
    if config.documents_per_request == 1:
        return None
    return lambda: MultiDocumentBackend(open_backend(config), config.documents_per_request)


class MultiDocumentBackend:
    """Sends up to ``max_documents`` documents in one request; each caller gets the whole reply.

    A document without a part in the reply gets an error instead. Its next attempt is a request of
    its own. If the server rejects a shared request without charge, each of its documents is sent
    singly.

    Args:
        inner: backend that sends the merged requests.
        max_documents: maximum number of documents in one request.
    """

    def __init__(self, inner: Backend, max_documents: int) -> None:
        self._inner, self._max_documents = inner, max_documents
        self._waiting: list[_Waiting] = []
        self._alone: set[str] = set()
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def limits(self) -> ServerRateLimits | None:
        """Rate limits in the newest response; None: not reported."""
        return self._inner.limits

    async def complete(self, request: Request) -> Reply:
        """Send a request once, merged with others that wait at the same time."""
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Reply] = loop.create_future()
        if request.key in self._alone:
            self._alone.remove(request.key)
            self._start([(request, reply)])
            return await reply
        self._waiting.append((request, reply))
        if len(self._waiting) >= self._max_documents:
            self._send_all()
        else:
            loop.call_later(_WAIT_SECONDS, self._send_all)
        return await reply

    async def aclose(self) -> None:
        """Cancel requests in flight and close all connections."""
        for task in self._sending:
            task.cancel()
        await self._inner.aclose()

    def _send_all(self) -> None:
        waiting = [one for one in self._waiting if not one[1].done()]
        self._waiting.clear()
        while waiting:
            group, waiting = self._group(waiting)
            self._start(group)

    def _start(self, group: list[_Waiting]) -> None:
        task = asyncio.get_running_loop().create_task(self._send(group))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _group(self, waiting: list[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
        """Return the requests to merge with the first one, and the remaining ones."""
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
            if len(group) > 1 and fault.scope in _REJECTED:
                await self._send_singly(group)
                return
            # Each waiting document raises an error of its own, with its share of the usage.
            shares = split_counts(fault.usage, len(group)) if fault.usage else [None] * len(group)
            for (_, waiting), usage in zip(group, shares, strict=True):
                if not waiting.done():
                    waiting.set_exception(fault.copy(usage))
        except BaseException as error:
            for _, waiting in group:
                if not waiting.done():
                    waiting.set_exception(error)
            raise
        else:
            if len(group) > 1 and reply.finish_reason == "content_filter" and not reply.usage.total:
                await self._send_singly(group)
                return
            replies = split_usage(reply, len(group))
            for (request, waiting), own in zip(group, replies, strict=True):
                if len(group) > 1 and not has_part(request.text, reply):
                    self._set_error(request, waiting, LeftOutError(own, len(group)))
                elif not waiting.done():
                    waiting.set_result(own)

    async def _send_singly(self, group: list[_Waiting]) -> None:
        """Send each document by itself, because one of them may have been rejected alone."""
        await asyncio.gather(*(self._send([one]) for one in group))

    def _set_error(
        self, request: Request, waiting: asyncio.Future[Reply], fault: AttemptError
    ) -> None:
        if waiting.done():
            return
        self._alone.add(request.key)
        waiting.set_exception(fault)


class LeftOutError(AttemptError):
    """The reply to a shared request has no part about this document.

    Args:
        share: the reply, with the document's share of the usage.
        documents: number of documents in the request.
    """

    alone = True

    def __init__(self, share: Reply, documents: int) -> None:
        super().__init__(
            f"left out of the reply about {documents} documents ({share.finish_reason}): "
            f"{share.text}",
            ErrorScope.ATTEMPT,
            usage=share.usage if share.usage.total else None,
        )
