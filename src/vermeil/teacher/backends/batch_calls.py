"""What both kinds of batch endpoint have in common: what goes wrong, and cancelling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vermeil.teacher.backends.base import AttemptError, Scope
from vermeil.teacher.backends.sdk import Sdk


@contextmanager
def guard(sdk: Sdk, absent: AttemptError) -> Iterator[None]:
    """Turn what an SDK raises within into faults.

    Args:
        sdk: the SDK.
        absent: the fault where the server knows nothing at that address.
    """
    try:
        yield
    except sdk.module.NotFoundError:
        raise absent from None
    except sdk.faults as error:
        raise sdk.fault(error) from None
    except (LookupError, TypeError, AttributeError) as error:
        shown = sdk.clean(repr(error))
        raise AttemptError(f"the answer is about no batch: {shown}", Scope.ATTEMPT) from None


def cancel(sdk: Sdk, client: Any, path: str, absent: AttemptError) -> None:
    """Have the batch at ``path`` end soon; one that has ended already is left as it is."""
    try:
        with guard(sdk, absent):
            client.post(f"{path}/cancel", cast_to=object, options={"headers": sdk.headers})
    except AttemptError as fault:
        if fault.scope is not Scope.REQUEST:  # it has ended already
            raise
