"""Consent: text leaves this machine only if the configuration allows it."""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.errors import ConsentError
from vermeil.teacher.address import host_of, is_loopback
from vermeil.teacher.config import TeacherConfig


@dataclass(frozen=True, slots=True)
class Volume:
    """Amount of text that is about to be sent.

    Args:
        documents: documents without a stored reply.
        characters: total length of their texts in code points, without prompts.
        requests: their requests (documents × samples).
    """

    documents: int = 0
    characters: int = 0
    requests: int = 0


def check_consent(config: TeacherConfig, volume: Volume | None = None) -> None:
    """Raise unless the teacher is on this machine or the configuration allows remote teachers.

    Args:
        config: address and ``allow_remote``.
        volume: amount of text that is about to be sent; None: unknown.

    Raises:
        ConsentError: text would leave this machine; names host, volume and setting.
    """
    host = host_of(config.base_url)
    if is_loopback(host) or config.allow_remote:
        return
    content = "text"
    if volume is not None:
        documents, characters = volume.documents, volume.characters
        content = f"{_number(documents, 'document')} ({_number(characters, 'character')})"
    raise ConsentError(
        f"{content} would be sent to {host}, which is not this machine; to allow it, set "
        "teacher.allow_remote = true"
    )


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
