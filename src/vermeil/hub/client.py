"""Client of the Hub: checks before the first request, and errors in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from vermeil.errors import ConfigError, HubError
from vermeil.hub.name_resolution import SECONDS_TO_CONNECT, resolution_problem
from vermeil.optional import require
from vermeil.telemetry import switch_off

if TYPE_CHECKING:
    from huggingface_hub import HfApi

RepoKind = Literal["model", "dataset"]

SECONDS_TO_ANSWER = 20.0

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_NOT_FOUND = "does not exist, or the token cannot read it; check the name, or run hf auth login"


@dataclass(frozen=True, slots=True)
class RemoteRepo:
    """State of a repository on the Hub.

    Args:
        name: ``user/name``.
        kind: model or data set.
        revision: id of the commit.
        private: whether only its owner can read it.
        files: path to size in bytes; None where the Hub gives no size.
    """

    name: str
    kind: RepoKind
    revision: str
    private: bool
    files: Mapping[str, int | None]


def is_hub_id(name: str) -> bool:
    """Return whether a name has the form ``user/name`` of a repository on the Hub."""
    return _HUB_ID.fullmatch(name) is not None and ".." not in name and "--" not in name


def check_hub_id(name: str) -> None:
    """Raise `ConfigError` unless a name has the form ``user/name``."""
    if not is_hub_id(name):
        raise ConfigError(
            f"{name!r} is not a repository of the Hub; write user/name, with letters, digits, "
            "'.', '_' and '-'"
        )


def open_client(what: str) -> HfApi:
    """Return a client of the Hub; sends nothing.

    The client takes the address of the Hub from ``HF_ENDPOINT`` and the token from ``HF_TOKEN`` or
    from the file that ``hf auth login`` writes. Vermeil neither reads nor prints the token.

    Args:
        what: the verb that needs the Hub; begins the messages.

    Raises:
        ConfigError: huggingface_hub is not installed, or ``HF_HUB_OFFLINE`` is set.
    """
    require(what, "hub")
    switch_off("huggingface_hub")
    from huggingface_hub import HfApi, constants

    if constants.is_offline_mode():
        raise ConfigError(
            f"{what} needs the Hub, but HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set; unset it, "
            "or copy the folder by other means"
        )
    return HfApi(library_name="vermeil")


def find_repo(
    api: HfApi, name: str, kind: RepoKind, revision: str | None = None
) -> RemoteRepo | None:
    """Return a repository; None if it does not exist or the token cannot read it.

    Raises:
        HubError: the Hub cannot be reached or refuses the request.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import RepositoryNotFoundError

    if problem := resolution_problem(constants.ENDPOINT):
        raise _unreachable(name, constants.ENDPOINT, problem)
    # Connecting has a short limit: the command fails at once where there is no network.
    timeout: Any = (SECONDS_TO_CONNECT, SECONDS_TO_ANSWER, SECONDS_TO_ANSWER, SECONDS_TO_ANSWER)
    with hub_errors(name):
        try:
            info = api.repo_info(
                name, repo_type=kind, revision=revision, timeout=timeout, files_metadata=True
            )
        except RepositoryNotFoundError as error:
            if error.response.status_code == 401 and "authorization" in error.request.headers:
                raise HubError(f"{name}: the Hub refuses the token; run hf auth login") from error
            return None
    siblings = getattr(info, "siblings", None) or []
    return RemoteRepo(
        name,
        kind,
        revision=str(info.sha),
        private=bool(getattr(info, "private", False)),
        files={file.rfilename: file.size for file in siblings},
    )


def get_repo(api: HfApi, name: str, kind: RepoKind, revision: str | None = None) -> RemoteRepo:
    """Return a repository that must exist.

    Raises:
        HubError: it does not exist, or the Hub cannot be reached.
    """
    found = find_repo(api, name, kind, revision)
    if found is None:
        raise HubError(f"{name}: the {_NAMES[kind]} {_NOT_FOUND}")
    return found


@contextmanager
def hub_errors(name: str) -> Iterator[None]:
    """Translate errors of the Hub's client in a block to `HubError`.

    Args:
        name: the repository; begins the message.

    Raises:
        HubError: the Hub cannot be reached, or refuses a request.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        FileMetadataError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RevisionNotFoundError,
    )

    try:
        yield
    except RevisionNotFoundError as error:
        raise HubError(f"{name}: has no such revision; name a branch, tag or commit") from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        reason = error.server_message or error.response.reason_phrase
        advice = _ADVICE.get(status, "")
        raise HubError(
            f"{name}: the Hub refuses the request (HTTP {status}: {reason}){advice}"
        ) from error
    except (OfflineModeIsEnabled, LocalEntryNotFoundError, FileMetadataError) as error:
        raise _unreachable(name, constants.ENDPOINT, error) from error
    except (RuntimeError, ValueError) as error:
        cause = error.__cause__ or error
        raise HubError(f"{name}: the transfer failed ({cause}); run the command again") from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _TRANSPORTS:
            raise
        raise _unreachable(name, constants.ENDPOINT, error) from error


_NAMES: dict[RepoKind, str] = {"model": "model", "dataset": "data set"}
_TRANSPORTS = frozenset({"httpx", "httpx2", "httpcore", "httpcore2"})
"""Packages whose exceptions stand for a failed connection. Only teachers may import them."""
_ADVICE = {
    401: "; run hf auth login, or set HF_TOKEN",
    403: "; use a token with write permission for this name",
    429: "; wait and run the command again",
}


def _unreachable(name: str, endpoint: str, cause: Exception | str) -> HubError:
    reason = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
    return HubError(
        f"{name}: the Hub at {endpoint} cannot be reached ({reason}); check the network, or set "
        "HF_ENDPOINT to a mirror. Without a network, copy the folder by other means"
    )
