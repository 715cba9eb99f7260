"""The ``[teacher]`` section."""

from __future__ import annotations

from pydantic import Field

from vermeil.section import Section


class TeacherConfig(Section):
    """Which model annotates, and how it is asked."""

    base_url: str = "http://127.0.0.1:8000/v1"
    """Root of an OpenAI-compatible API."""
    model: str = "gpt-4o-mini"
    """Name of the model as the server knows it."""
    prompt: str = "standard"
    """Which of the task's prompts to ask with."""
    allow_remote: bool = False
    """Agree to send text to a server that is not on this machine."""
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key; a server on loopback needs none."""
    temperature: float | None = Field(default=0.0, ge=0)
    """Sampling temperature; none: the server's default."""
    max_tokens: int = Field(default=1024, gt=0)
    """Longest reply, in tokens."""
    samples: int = Field(default=1, ge=1)
    """How often each document is asked."""
    concurrency: int = Field(default=8, ge=1, le=1000)
    """Requests in flight at once."""
    timeout: float = Field(default=60.0, gt=0)
    """Seconds to wait for one reply."""
    retries: int = Field(default=5, ge=0)
    """Further attempts after a fault that may pass (time-out, 429, 5xx)."""
    retry_delay: float = Field(default=0.5, gt=0)
    """Seconds before the first further attempt, if the server names none; doubles each time."""
