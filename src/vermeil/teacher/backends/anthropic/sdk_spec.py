"""The SDK of Anthropic."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from vermeil.teacher.backends.sdk import SdkSpec
from vermeil.teacher.config import TeacherConfig


def _load() -> ModuleType:
    import anthropic

    return anthropic


def _settings(config: TeacherConfig) -> dict[str, Any]:
    return {
        "base_url": config.base_url.rstrip("/").removesuffix("/v1"),
        # It could send prompts and replies to a trace collector.
        "open_telemetry": False,
    }


ANTHROPIC = SdkSpec(_load, "Anthropic", "/v1/models?limit=1000", _settings)
