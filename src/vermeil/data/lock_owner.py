"""Owner of a lock: the process that holds it, and whether that process still runs."""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_MAX_SHOWN = 80
"""Most characters of a value that a message shows."""


@dataclass(frozen=True, slots=True)
class LockOwner:
    """The process that holds or held a lock.

    Args:
        pid: number of the process.
        host: name of its machine.
        since: time at which it locked, ISO 8601.
        command: program and first argument.
        boot: id of the running system, which changes with every start of the machine; empty if
            it is not known.
        namespace: name space of ``pid``, which differs between containers; empty if it is not
            known.
        started: start of the process, in clock ticks of its system; empty if it is not known.
        flock: whether the process holds ``flock`` on the lock.
    """

    pid: int
    host: str
    since: str
    command: str
    boot: str = ""
    namespace: str = ""
    started: str = ""
    flock: bool = False

    @classmethod
    def from_json(cls, content: bytes) -> LockOwner | None:
        """Return the owner in the content of a lock; None if the content is not complete."""
        with suppress(ValueError, TypeError, RecursionError):
            value: dict[str, Any] = json.loads(content)
            owner = cls(**{name: value[name] for name in cls.__slots__ if name in value})
            if all(type(getattr(owner, name)) is kind for name, kind in _KINDS.items()):
                return owner
        return None

    def to_json(self) -> bytes:
        """Return the content of the lock."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @property
    def is_local(self) -> bool:
        """Return whether the process belongs to this machine."""
        return self.host == socket.gethostname() or (bool(self.boot) and self.boot == _boot())

    def has_ended(self, *, flocked: bool) -> bool:
        """Return whether the process has certainly ended.

        Args:
            flocked: whether this process now holds ``flock`` on the lock.
        """
        if not self.is_local:
            return False
        if flocked and self.flock:
            return True
        if self.boot and _boot() and self.boot != _boot():
            return True
        if self.namespace != _namespace():
            return False
        return not _is_running(self.pid, self.started)

    def __str__(self) -> str:
        return (
            f"process {self.pid} on host {_printable(self.host)} since {_printable(self.since)} "
            f"({_printable(self.command)})"
        )


_KINDS = {"pid": int, "host": str, "since": str, "command": str, "boot": str} | {
    "namespace": str,
    "started": str,
    "flock": bool,
}


def this_process(*, flocked: bool) -> LockOwner:
    """Return this process as owner of a lock.

    Args:
        flocked: whether it holds ``flock`` on the lock.
    """
    program = [Path(sys.argv[0] if sys.argv else "python").name, *sys.argv[1:2]]
    return LockOwner(
        os.getpid(),
        socket.gethostname(),
        datetime.now().astimezone().isoformat(timespec="seconds"),
        " ".join(program),
        _boot(),
        _namespace(),
        _state_and_start(os.getpid())[1],
        flocked,
    )


def _is_running(pid: int, started: str) -> bool:
    """Return whether a process of this machine runs; another process may have its number."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # it runs for another user
    state, start = _state_and_start(pid)
    if state in ("Z", "X"):
        return False
    return not (started and start and started != start)


def _state_and_start(pid: int) -> tuple[str, str]:
    """Return state and start of a process; empty where the system has no ``/proc``."""
    with suppress(OSError, IndexError):
        # The name of the program, in parentheses, may contain anything.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return fields[0], fields[19]
    return "", ""


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return ""


def _namespace() -> str:
    with suppress(OSError):
        return str(Path("/proc/self/ns/pid").readlink())
    return ""


def _printable(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return shown if len(shown) <= _MAX_SHOWN else shown[: _MAX_SHOWN - 1] + "…"
