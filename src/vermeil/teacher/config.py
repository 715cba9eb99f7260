"""The ``[teacher]`` section."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from vermeil.section import Section

Structured = Literal["off", "json_schema", "json_object", "vllm", "llama_cpp"]

_KEY_VARIABLES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
_OURS = {"model", "messages", "system", "stream", "n", "temperature", "max_tokens"} | {
    "max_completion_tokens",
    "response_format",
    "structured_outputs",
    "output_config",
}
"""Fields of a request's body that other settings decide."""


class TeacherConfig(Section):
    """Which model annotates, and how it is asked."""

    backend: Literal["openai", "anthropic"] = "openai"
    """Which API the server speaks. openai: OpenAI, Azure, vLLM, SGLang, llama.cpp, Ollama and many
    others. anthropic: Anthropic's messages, with `pip install "vermeil[anthropic]"`."""
    base_url: str = "http://127.0.0.1:8000/v1"
    """Root of the API; https://api.openai.com/v1, https://api.anthropic.com, Ollama:
    http://127.0.0.1:11434/v1, Azure: https://NAME.openai.azure.com/openai/v1."""
    model: str = "gpt-4o-mini"
    """Name of the model as the server knows it."""
    prompt: str = "standard"
    """Which of the task's prompts to ask with."""
    allow_remote: bool = False
    """Agree to send text to a server that is not on this machine."""
    api_key_env: str | None = None
    """Environment variable that holds the key; none: OPENAI_API_KEY, or ANTHROPIC_API_KEY for that
    backend. A server on loopback needs no key."""
    azure_api_version: str | None = None
    """Azure's older addresses only, https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT:
    their api-version, such as 2024-10-21. The key is then sent in the header api-key."""
    mode: Literal["online", "batch"] = "online"
    """online: one request per document, answered at once. batch: many in one file, answered within
    a day at half the price, where the server has a batch API (OpenAI, Azure, Anthropic)."""
    batch_requests: int = Field(default=50_000, ge=1)
    """Most requests in one batch; less if the account's queue holds less. A batch also ends at the
    size that the server takes."""
    batch_poll: float = Field(default=60.0, gt=0)
    """Longest time in seconds between two looks at a running batch; the first come sooner."""
    temperature: float | None = Field(default=0.0, ge=0)
    """Sampling temperature; none: the server's default."""
    max_tokens: int = Field(default=1024, gt=0)
    """Longest reply, in tokens."""
    extra: dict[str, JsonValue] = Field(default={})
    """Further fields of the request's body, sent as they are, for what a server or model needs:
    {reasoning_effort = "low"}, or {chat_template_kwargs = {enable_thinking = false}} (vLLM)."""
    structured: Structured = "off"
    """How the server is told to hold replies to the JSON schema of the answer. off: only the prompt
    asks for JSON. json_schema: OpenAI's strict response_format, known to OpenAI, Azure, Anthropic,
    vLLM, SGLang, Ollama and llama.cpp. json_object: any JSON object. vllm: vLLM's own
    structured_outputs. llama_cpp: llama-cpp-python. Not for prompts that reason first."""
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

    @model_validator(mode="after")
    def _known_to_backend(self) -> Self:
        if self.backend == "anthropic" and self.structured not in ("off", "json_schema"):
            raise ValueError(
                f'structured = "{self.structured}" is not known to Anthropic; expected '
                '"json_schema" or "off"'
            )
        return self

    @property
    def key_variable(self) -> str:
        """The environment variable that holds the key."""
        return self.api_key_env or _KEY_VARIABLES[self.backend]

    @field_validator("extra")
    @classmethod
    def _not_ours(cls, extra: dict[str, JsonValue]) -> dict[str, JsonValue]:
        taken = sorted(_OURS & extra.keys())
        if taken:
            raise ValueError(f"{', '.join(taken)}: set by Vermeil itself from its other settings")
        return extra
