"""The bearer token that clients of a service must send."""

from __future__ import annotations

import os

from vermeil.errors import ConfigError

TOKEN_VARIABLE = "VERMEIL_TOKEN"
"""Environment variable with the token."""


def read_token() -> str | None:
    """Return the token of the environment, or None.

    Raises:
        ConfigError: no HTTP header can contain the token.
    """
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        return None
    if not (token.isascii() and token.isprintable()):
        problem = "contains a line end, a control character or a character that is not ASCII"
    elif token != token.strip():
        problem = "begins or ends with a space"
    else:
        return token
    raise ConfigError(
        f"{TOKEN_VARIABLE}: the token {problem}, so no request can match it; remove it from the "
        "variable, or choose another token"
    )
