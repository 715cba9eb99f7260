"""The SDK of OpenAI."""

from __future__ import annotations

from types import ModuleType

from vermeil.teacher.backends.sdk import SdkSpec


def _load() -> ModuleType:
    import openai

    return openai


OPENAI = SdkSpec(_load, "OpenAI", "/models")
