"""Text leaves this machine only when somebody has agreed to it, knowing how much and where to."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.errors import ConsentError
from vermeil.teacher.address import host_of, is_loopback
from vermeil.teacher.config import TeacherConfig


@dataclass(frozen=True, slots=True)
class Volume:
    """What is about to be sent.

    Args:
        documents: documents that have no reply yet.
        characters: length of their texts together, in code points; prompts not counted.
        requests: requests that they make (documents × samples).
    """

    documents: int = 0
    characters: int = 0
    requests: int = 0


def check_consent(config: TeacherConfig, volume: Volume | None = None) -> None:
    """Refuse to send text to another machine unless the configuration allows it.

    Args:
        config: the address, and whether somebody agreed.
        volume: what is about to be sent, where it is known.

    Raises:
        ConsentError: names the host, the volume and the setting.
    """
    host = host_of(config.base_url)
    if is_loopback(host) or config.allow_remote:
        return
    what = "text"
    if volume is not None:
        documents, characters = volume.documents, volume.characters
        what = f"{_number(documents, 'document')} ({_number(characters, 'character')})"
    raise ConsentError(
        f"{what} would be sent to {host}, which is not this machine; to agree, set "
        "teacher.allow_remote = true"
    )


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
