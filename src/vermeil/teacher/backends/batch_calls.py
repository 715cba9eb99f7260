"""Error translation and cancelling, shared by both batch APIs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from vermeil.teacher.backends.base import AttemptError, ErrorScope


class ApiErrors(Protocol):
    """Exceptions of one client library and their conversion."""

    @property
    def error_types(self) -> tuple[type[Exception], ...]:
        """Exceptions that `convert_error` handles."""

    def is_not_found(self, error: Exception) -> bool:
        """Return whether an error is the status 404."""

    def convert_error(self, error: Exception) -> AttemptError:
        """Return the attempt error for an exception among `error_types`."""

    def redact(self, message: object) -> str:
        """Return a message on one line, shortened and without the key."""


@contextmanager
def translate_errors(api: ApiErrors, not_found: AttemptError) -> Iterator[None]:
    """Convert exceptions of a client library in the with block into `AttemptError`.

    Args:
        api: the client library.
        not_found: the error to raise for HTTP 404.
    """
    try:
        yield
    except api.error_types as error:
        raise (not_found if api.is_not_found(error) else api.convert_error(error)) from None
    except (LookupError, TypeError, AttributeError) as error:
        shown = api.redact(repr(error))
        message = f"the response does not describe a batch: {shown}"
        raise AttemptError(message, ErrorScope.ATTEMPT) from None


def cancel(api: ApiErrors, send: Callable[[], object], not_found: AttemptError) -> None:
    """Cancel a batch; an ended batch does not change.

    Args:
        api: the client library.
        send: sends the request that cancels the batch.
        not_found: the error to raise for HTTP 404.
    """
    try:
        with translate_errors(api, not_found):
            send()
    except AttemptError as fault:
        if fault.scope is not ErrorScope.REQUEST:  # the batch has already ended
            raise
