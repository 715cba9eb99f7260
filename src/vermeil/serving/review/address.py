"""Address of the review page, and its annotators."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.errors import ConfigError
from vermeil.serving.listener import is_loopback

_LONGEST_NAME = 60
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class ReviewAccess:
    """Address of the review page, and its annotators.

    Args:
        host: address to listen on; a loopback address serves this machine only.
        port: port to listen on; 0: any free port.
        token: secret with which other machines sign in; required for other hosts than loopback.
        annotators: names of the annotators. Each gets a one-time address. With ``token``, further
            names can sign in.
        open_browser: open the address of the first annotator in the browser.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    annotators: tuple[str, ...] = ("me",)
    open_browser: bool = True

    def __post_init__(self) -> None:
        """Check host, token and names.

        Raises:
            ConfigError: the page would be open to others, or a name cannot be used.
        """
        if not is_loopback(self.host) and not self.token:
            raise ConfigError(
                f"--host {self.host}: other machines can connect; set --token (or VERMEIL_TOKEN) "
                f"to a secret of at least {_SHORTEST_TOKEN} characters"
            )
        if self.token is not None and len(self.token) < _SHORTEST_TOKEN:
            raise ConfigError(
                f"--token: has fewer than {_SHORTEST_TOKEN} characters; choose a longer secret"
            )
        if not self.annotators or len(set(self.annotators)) < len(self.annotators):
            raise ConfigError("--annotator: name each annotator once, and at least one")
        for name in self.annotators:
            if not is_annotator(name):
                raise ConfigError(f"--annotator {name!r}: expected 1 to 60 printable characters")


def is_annotator(name: str) -> bool:
    """Return whether a text can name an annotator: printable, and neither empty nor long."""
    return 0 < len(name.strip()) <= _LONGEST_NAME and name.isprintable()
