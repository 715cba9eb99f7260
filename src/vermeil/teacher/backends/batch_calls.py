"""What both kinds of batch endpoint have in common: what goes wrong, and cancelling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.sdk import Sdk


@contextmanager
def translate_errors(sdk: Sdk, not_found: AttemptError) -> Iterator[None]:
    """Turn what an SDK raises within into faults.

    Args:
        sdk: the SDK.
        not_found: the fault where the server knows nothing at that address.
    """
    try:
        yield
    except sdk.module.NotFoundError:
        raise not_found from None
    except sdk.error_types as error:
        raise sdk.convert_error(error) from None
    except (LookupError, TypeError, AttributeError) as error:
        shown = sdk.redact(repr(error))
        raise AttemptError(f"the answer is about no batch: {shown}", ErrorScope.ATTEMPT) from None


def cancel(sdk: Sdk, client: Any, path: str, not_found: AttemptError) -> None:
    """Have the batch at ``path`` end soon; one that has ended already is left as it is."""
    try:
        with translate_errors(sdk, not_found):
            client.post(f"{path}/cancel", cast_to=object, options={"headers": sdk.headers})
    except AttemptError as fault:
        if fault.scope is not ErrorScope.REQUEST:  # it has ended already
            raise
