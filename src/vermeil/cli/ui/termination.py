"""Termination signals: SIGTERM and SIGHUP stop a verb as Ctrl-C does."""

from __future__ import annotations

import signal
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP")
"""Signals that batch systems, containers, service managers and closed terminals send."""
_INTERRUPTED = 128
"""Exit code of shells for a process that a signal ended, without the number of the signal."""

_received: list[int] = []


def handle_termination() -> None:
    """Handle termination signals like Ctrl-C, unless this process ignores them (nohup).

    A process in the background of a script ignores SIGINT. There, SIGINT is blocked until another
    signal ends the process, so that it still has no effect of its own.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def exit_code() -> int:
    """Return the exit code of an interrupted verb: 130, or 143 after SIGTERM (129: SIGHUP)."""
    return _INTERRUPTED + (_received[0] if _received else signal.SIGINT)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    # The handler of Ctrl-C may be that of an event loop, which first ends requests in flight.
    signal.raise_signal(signal.SIGINT)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
