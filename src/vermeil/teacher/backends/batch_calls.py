"""Error translation and cancelling, shared by both batch APIs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.sdk import Sdk


@contextmanager
def translate_errors(sdk: Sdk, not_found: AttemptError) -> Iterator[None]:
    """Convert exceptions of an SDK in the with block into `AttemptError`.

    Args:
        sdk: the SDK.
        not_found: the error to raise for HTTP 404.
    """
    try:
        yield
    except sdk.module.NotFoundError:
        raise not_found from None
    except sdk.error_types as error:
        raise sdk.convert_error(error) from None
    except (LookupError, TypeError, AttributeError) as error:
        shown = sdk.redact(repr(error))
        message = f"the response does not describe a batch: {shown}"
        raise AttemptError(message, ErrorScope.ATTEMPT) from None


def cancel(sdk: Sdk, client: Any, path: str, not_found: AttemptError) -> None:
    """Cancel the batch at ``path``; an ended batch does not change."""
    try:
        with translate_errors(sdk, not_found):
            client.post(f"{path}/cancel", cast_to=object, options={"headers": sdk.headers})
    except AttemptError as fault:
        if fault.scope is not ErrorScope.REQUEST:  # the batch has already ended
            raise
