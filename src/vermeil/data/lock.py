"""Locks: at most one process at a time writes a file or a folder.

A lock is a hidden file with the process, host, start and command of its owner. The owner also holds
``flock`` on it, which ends with the process. On file systems without ``flock``, the lock is held by
the process that created the file, until that process has ended. A lock that an ended process left
on this host is replaced. A lock of another host is never replaced, because its process may run.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from vermeil.data.lock_owner import LockOwner, this_process
from vermeil.errors import DataError, LockedError

FOLDER_LOCK = ".vermeil.lock"
"""Name of the lock of a folder, in the folder."""
_TAKEOVER = ".takeover"
"""Suffix of the file that protects the replacement of a lock without ``flock``."""
_TRIES, _PAUSE = 100, 0.02
"""Number of tries, and seconds between them, while other processes start or end."""
_UNSUPPORTED = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS, errno.EINVAL}

_held: ContextVar[frozenset[tuple[int, Path]]] = ContextVar("vermeil locks", default=frozenset())
"""Process and lock of all locks that the callers of the running function hold."""
_handles: set[int] = set()


def _close_handles() -> None:
    """Close the locks that a forked process has inherited; its parent still holds them."""
    for handle in _handles:
        with suppress(OSError):
            os.close(handle)
    _handles.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_handles)


@contextmanager
def lock_path(path: Path | str) -> Iterator[None]:
    """Lock a file, or a folder that is replaced as a whole, with a hidden file beside it.

    A nested call for the same path does nothing. In a training of several processes (torchrun),
    only the process of rank 0 locks.

    Args:
        path: the file or folder; it need not exist.

    Raises:
        LockedError: another process, or another thread of this process, holds the lock.
        DataError: the lock cannot be written.
    """
    target = Path(os.path.realpath(path))
    with _lock(target.with_name(f".{target.name}.lock"), Path(path)):
        yield


@contextmanager
def lock_folder(folder: Path | str) -> Iterator[None]:
    """Lock a folder of results with a hidden file in it; like `lock_path` otherwise.

    A missing folder is created, and deleted at the end if it is empty then.
    """
    target = Path(os.path.realpath(folder))
    with _lock(target / FOLDER_LOCK, Path(folder)):
        yield


def is_writer() -> bool:
    """Return whether this process writes results: in a training of several, only rank 0 does."""
    return os.environ.get("RANK", "0") == "0" or os.environ.get("WORLD_SIZE", "1") == "1"


@dataclass(frozen=True, slots=True)
class _HeldLock:
    """A lock that this process holds.

    Args:
        file: the file of the lock.
        content: its content.
        handle: the open file with ``flock``; None: the file system does not support it.
    """

    file: Path
    content: bytes
    handle: int | None

    def release(self) -> None:
        """Delete the file, unless it is no longer this lock, and close it."""
        with suppress(OSError):
            if self.handle is not None:
                if _is_at(self.handle, self.file):
                    self.file.unlink()
            elif self.file.read_bytes() == self.content:
                self.file.unlink()
        if self.handle is not None:
            _close(self.handle)


@contextmanager
def _lock(file: Path, target: Path) -> Iterator[None]:
    holder = (os.getpid(), file)
    if holder in _held.get() or not is_writer():
        yield
        return
    created: list[Path] = []
    try:
        try:
            created = _make_folders(file.parent)
            lock = _acquire(file, target)
        except OSError as error:
            raise DataError(f"cannot be written ({error.strerror or error})", target) from error
        try:
            _held.set(_held.get() | {holder})
            yield
        finally:
            _held.set(_held.get() - {holder})
            lock.release()
    finally:
        for folder in created:
            with suppress(OSError):
                folder.rmdir()


def _acquire(file: Path, target: Path) -> _HeldLock:
    """Return the lock; raise `LockedError` if another process holds it."""
    for _ in range(_TRIES):
        try:
            handle, is_new = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666), True
        except FileExistsError:
            try:
                handle, is_new = os.open(file, os.O_RDWR), False
            except FileNotFoundError:
                continue  # its owner has just released it
        _handles.add(handle)
        kept = False
        try:
            lock = _try_lock(handle, file, target, is_new=is_new)
            kept = lock is not None and lock.handle is not None
        finally:
            if not kept:
                _close(handle)
        if lock is not None:
            return lock
        time.sleep(_PAUSE)
    raise LockedError(
        f"is in use by other processes that start or end at this moment; if none runs, delete "
        f"{file} and {file}{_TAKEOVER}",
        target,
    )


def _try_lock(handle: int, file: Path, target: Path, *, is_new: bool) -> _HeldLock | None:
    """Return the lock; None: try again, because another process changes it at this moment."""
    try:
        flocked = _flock(handle)
    except BlockingIOError:
        owner = _wait_for_owner(file)
        if owner is None and not _is_at(handle, file):
            return None
        raise _locked_error(owner, file, target, removable=False) from None
    if flocked and not _is_at(handle, file):
        return None
    if not is_new:
        owner = _owner_in(handle) if flocked else _wait_for_owner(file)
        if owner is None and not flocked:
            if not file.exists():
                return None
            raise _locked_error(None, file, target, removable=True)
        if owner is not None and not owner.has_ended(flocked=flocked):
            raise _locked_error(owner, file, target, removable=not owner.is_local)
        if not flocked:
            _delete_left(file)
            return None
    content = this_process(flocked=flocked).to_json()
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, content, 0)
    except OSError:
        with suppress(OSError):
            file.unlink()
        raise
    return _HeldLock(file, content, handle if flocked else None)


def _flock(handle: int) -> bool:
    """Return whether this process now holds ``flock``; False: the file system has none.

    Raises:
        BlockingIOError: another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return False
        raise
    return True


def _delete_left(file: Path) -> None:
    """Delete a lock without ``flock`` whose process has ended.

    Several processes may find the same lock. Only the one that creates a second file checks the
    lock again and deletes it, so that no new lock is deleted.
    """
    guard = file.with_name(file.name + _TAKEOVER)
    try:
        os.close(os.open(guard, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except FileExistsError:
        return
    try:
        with suppress(FileNotFoundError):
            owner = LockOwner.from_json(file.read_bytes())
            if owner is not None and owner.has_ended(flocked=False):
                file.unlink()
    finally:
        guard.unlink(missing_ok=True)


def _wait_for_owner(file: Path) -> LockOwner | None:
    """Return the owner of a lock, which may be written at this moment; None if it is unknown."""
    for _ in range(_TRIES // 4):
        with suppress(OSError):
            owner = LockOwner.from_json(file.read_bytes())
            if owner is not None:
                return owner
        time.sleep(_PAUSE)
    return None


def _owner_in(handle: int) -> LockOwner | None:
    return LockOwner.from_json(os.pread(handle, 65536, 0))


def _locked_error(
    owner: LockOwner | None, file: Path, target: Path, *, removable: bool
) -> LockedError:
    holder = "another process" if owner is None else str(owner)
    advice = (
        f"if that process has ended, delete {file}"
        if removable
        else "wait until it ends, or use another folder"
    )
    return LockedError(f"is in use by {holder}; {advice}", target)


def _is_at(handle: int, file: Path) -> bool:
    """Return whether an open file is the one under this name now."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), file.stat())
    return False


def _close(handle: int) -> None:
    _handles.discard(handle)
    os.close(handle)


def _make_folders(folder: Path) -> list[Path]:
    """Create a folder and its parents; return the new ones, the innermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
    return missing
