"""The ``[teacher]`` section."""

from __future__ import annotations

from pydantic import Field

from vermeil.section import Section


class PriceConfig(Section):
    """What a model costs, in US dollars for a million tokens."""

    input: float = Field(ge=0)
    """The prompt."""
    output: float = Field(ge=0)
    """The reply."""
    cached_input: float | None = Field(default=None, ge=0)
    """The part of the prompt that the server had in its cache; none: as the rest."""
    batch: float = Field(default=1.0, gt=0, le=1)
    """Price in a batch, as a share of the price online."""


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
    """Most requests in flight at once; fewer while the server complains."""
    requests_per_minute: int | None = Field(default=None, gt=0)
    """Most requests in a minute; none: as many as the server takes."""
    tokens_per_minute: int | None = Field(default=None, gt=0)
    """Most tokens in a minute, prompts and replies together; none: as many as the server takes."""
    max_cost_usd: float | None = Field(default=None, ge=0)
    """Never spend more US dollars on all requests in the reply store, earlier runs included; none:
    no limit."""
    max_tokens_total: int | None = Field(default=None, ge=0)
    """Never use more tokens on all requests in the reply store, earlier runs included; none: no
    limit."""
    prices: dict[str, PriceConfig] = Field(default={})
    """Prices by model; they go before the list that ships with Vermeil."""
    timeout: float = Field(default=60.0, gt=0)
    """Seconds to wait for one reply."""
    retries: int = Field(default=5, ge=0)
    """Further attempts after a fault that may pass (time-out, 429, 5xx)."""
    retry_delay: float = Field(default=0.5, gt=0)
    """Seconds before the first further attempt, if the server names none; doubles each time."""
