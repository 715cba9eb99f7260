"""Long tools: progress notifications while they work, and a stop when the call is cancelled."""

from __future__ import annotations

import inspect
import threading
import time
import typing
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from vermeil.data.progress import Progress, silent
from vermeil.errors import VermeilError

_INTERVAL = 0.2
"""Minimum time between two notifications of one stage, in seconds."""

Send = Callable[[float, float | None, str], None]
"""Sends progress, total and message to the client."""


class CallProgress:
    """Progress of one call. Its numbers increase over all stages, as the protocol requires.

    Args:
        send: sends a notification.
        stopped: set when the call is cancelled. The next report then raises KeyboardInterrupt,
            once, as Ctrl-C does: finished work is stored, and the same call continues from there.
    """

    def __init__(self, send: Send, stopped: threading.Event) -> None:
        self._send, self._stopped = send, stopped
        self._is_ending = False
        self._stage, self._before, self._newest, self._sent = "", 0.0, 0.0, 0.0

    def __call__(
        self,
        stage: str,
        done: int,
        total: int | None,
        detail: Mapping[str, float | int | str],  # noqa: ARG002
    ) -> None:
        """Send a notification, at intervals; raise KeyboardInterrupt after a cancellation."""
        if self._is_ending:  # the stage reports how it ends
            return
        if self._stopped.is_set():
            self._is_ending = True
            raise KeyboardInterrupt
        now, is_new = time.monotonic(), stage != self._stage
        if is_new:
            self._stage, self._before = stage, self._newest
        progress = self._before + done
        due = is_new or done == total or now - self._sent >= _INTERVAL
        if not due or progress <= self._newest:
            return
        self._newest, self._sent = progress, now
        of = "" if total is None else f" of {total:,}"
        end = None if total is None else self._before + total
        self._send(progress, end, f"{stage}: {done:,}{of}")


def long_tool(
    make: Callable[[Progress], object], name: str, turn: AbstractAsyncContextManager[Any]
) -> Callable[..., Any]:
    """Return an asynchronous tool that reports progress, from a method that works in a thread.

    Args:
        make: returns the object with the method, for a progress callback.
        name: name of the method.
        turn: lock of all tools that write, so that they work one after the other.
    """
    from anyio import CancelScope, from_thread, get_cancelled_exc_class, to_thread
    from anyio.lowlevel import current_token
    from mcp.server.mcpserver import Context
    from mcp.server.mcpserver.exceptions import ToolError

    async def call(ctx: Any, **given: Any) -> dict[str, Any]:
        stopped, ended, token = threading.Event(), threading.Event(), current_token()

        def send(progress: float, total: float | None, message: str) -> None:
            from_thread.run(ctx.report_progress, progress, total, message, token=token)

        def work() -> dict[str, Any]:
            try:
                method = getattr(make(CallProgress(send, stopped)), name)
                return dict(method(**given))
            except VermeilError as error:
                raise ToolError(str(error)) from error
            except KeyboardInterrupt:
                raise ToolError("cancelled; the same call continues the work") from None
            finally:
                ended.set()

        async with turn:
            try:
                return await to_thread.run_sync(work, abandon_on_cancel=True)
            except get_cancelled_exc_class():
                stopped.set()
                with CancelScope(shield=True):  # the next call waits for the end of the work
                    await to_thread.run_sync(ended.wait)
                raise

    method = getattr(make(silent), name)
    hints = typing.get_type_hints(method, include_extras=True)
    parameters = [
        one.replace(annotation=hints[one.name])
        for one in inspect.signature(method).parameters.values()
    ]
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=Context)
    result = hints["return"]
    signature = inspect.Signature([*parameters, context], return_annotation=result)
    vars(call).update(__signature__=signature)
    call.__name__, call.__doc__ = name, inspect.getdoc(method)
    call.__annotations__ = {**hints, "ctx": Context}
    return call
