"""Settings of the teacher: the ``[teacher]`` section."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from vermeil.section import Section

BackendName = Literal["openai", "anthropic", "local", "gliner"]
"""The keys of `vermeil.teacher.backends.registry.BACKENDS`."""
EngineName = Literal["xllamacpp", "llama-server"]
"""The keys of `vermeil.teacher.backends.local.engines.ENGINES`."""
DemonstrationKind = Literal["none", "fixed", "covering", "nearest"]
Structured = Literal["off", "json_schema", "json_object", "vllm", "llama_cpp", "gbnf"]

STARTED_BACKENDS: frozenset[BackendName] = frozenset({"local", "gliner"})
"""Backends whose server Vermeil starts itself."""

DEFAULT_BASE_URL = "http://127.0.0.1:8000/v1"

_RESERVED_FIELDS = {"model", "messages", "system", "stream", "n", "temperature", "max_tokens"} | {
    "max_completion_tokens",
    "response_format",
    "structured_outputs",
    "output_config",
    "logprobs",
}
"""Fields of a request's body that Vermeil sets from other settings."""


class DemonstrationsConfig(Section):
    """Gold documents that each prompt shows as examples with their correct answers.

    Documents that share id, text or group with the annotated document, dev or test are never shown.
    """

    kind: DemonstrationKind = "none"
    """none: no examples. fixed: the same examples in every prompt, those of ids. covering: the same
    examples in every prompt, chosen from gold so that they show every label. nearest: the gold
    documents whose sentence embeddings are most similar to the document. nearest needs the extra
    train."""
    count: int = Field(default=5, ge=1)
    """Number of examples per prompt. The nearest one is last."""
    ids: tuple[str, ...] = ()
    """fixed only: ids of the gold documents to show, in this order. Empty: the first of
    corpora.gold."""
    encoder: str = "embedded"
    """nearest only: encoder of the embeddings: embedded, a folder or a Hub id."""


class VotesConfig(Section):
    """Settings of the vote on several answers about a document (samples, prompts or models)."""

    keep: Literal["majority", "unanimous", "any"] = "majority"
    """Spans to keep. majority: spans in more than half of the answers. unanimous: spans in all
    answers. any: spans in at least one answer. Of overlapping spans, the one with more votes is
    kept."""
    minority: Literal["drop", "abstain"] = "drop"
    """Treatment of all other spans. drop: treat the text as negative. abstain: treat it as unknown,
    so that it is masked in training."""


class AdditionalTeacherConfig(Section):
    """Additional teacher. Omitted keys have the values of [teacher]."""

    model: str
    """Name of the model on its server."""
    backend: BackendName | None = None
    """API of its server: openai, anthropic, local or gliner."""
    base_url: str | None = None
    """Base URL of its API."""
    allow_remote: bool | None = None
    """Allow sending text to its server. Must be set again if base_url differs."""
    api_key_env: str | None = None
    """Environment variable with its API key."""
    prompt: str | None = None
    """Name of its prompt, one of the task's prompts."""
    system_role: bool | None = None
    """Send the instruction as a system message; false: as part of the user's message."""


class PriceConfig(Section):
    """Price of a model, in US dollars per million tokens."""

    input: float = Field(ge=0)
    """Price of the prompt."""
    output: float = Field(ge=0)
    """Price of the reply."""
    cached_input: float | None = Field(default=None, ge=0)
    """Price of the part of the prompt that the server had in its cache. none: same as input."""
    batch: float = Field(default=1.0, gt=0, le=1)
    """Price in a batch, as a fraction of the online price."""


class LocalEngineConfig(Section):
    """Settings of the inference engine that Vermeil starts on this machine (backend local)."""

    engine: Literal["auto"] | EngineName = "auto"
    """Inference engine. xllamacpp: the package of the extra local. llama-server:
    llama.cpp's program on PATH. auto: the first of them that is installed."""
    context: int = Field(default=4096, ge=256)
    """Maximum tokens of one prompt and its reply together, limited by the model's own maximum. More
    takes more memory."""
    slots: int | None = Field(default=None, ge=1, le=1000)
    """Number of requests that are answered at the same time. none: one per processor core, at most
    teacher.concurrency."""
    processes: int | None = Field(default=None, ge=1, le=100)
    """Number of engine processes, among which the slots are divided. none: the faster of one
    process and one process per slot, measured at the start."""
    threads: int | None = Field(default=None, ge=1, le=1000)
    """Threads of each process. none: the processor cores, divided among the processes."""
    folder: Path | None = None
    """Folder to which a relative teacher.model refers. none: the folder of this file."""

    @model_validator(mode="after")
    def _check_division(self) -> Self:
        if self.slots is not None and self.processes is not None and self.slots < self.processes:
            raise ValueError(
                f"slots = {self.slots} are divided among processes = {self.processes}; set slots "
                "to at least the number of processes"
            )
        return self


class GlinerConfig(Section):
    """Settings of a GLiNER2 model that Vermeil starts on this machine (backend gliner)."""

    threshold: float = Field(default=0.5, gt=0, le=1)
    """Minimum score of an entity."""
    names: dict[str, str] = Field(default={})
    """Names of labels as the model reads them, where the label itself is no plain word."""
    nested: bool = False
    """Keep overlapping entities; set task.nested, too. false: of overlapping entities, the one with
    the highest score."""
    words: int = Field(default=384, ge=2)
    """Maximum number of words that the model reads together. Longer texts are read in overlapping
    parts. Lower it for a model with a shorter context."""
    threads: int | None = Field(default=None, ge=1, le=1000)
    """Threads of the process. none: the processor cores."""
    python: Path | None = None
    """Python interpreter with the package gliner2. none: the one that runs Vermeil."""
    folder: Path | None = None
    """Folder to which a relative teacher.model refers. none: the folder of this file."""

    @field_validator("names")
    @classmethod
    def _check_names(cls, names: dict[str, str]) -> dict[str, str]:
        if len(set(names.values())) < len(names) or not all(map(str.strip, names.values())):
            raise ValueError("expected different names, one for each label")
        return names

    @property
    def parameters(self) -> dict[str, JsonValue]:
        """Settings on which the reply depends."""
        return {
            "threshold": self.threshold,
            "names": {**self.names},
            "nested": self.nested,
            "words": self.words,
        }


class TeacherConfig(Section):
    """The model that annotates, its prompts, and limits on rates and spending."""

    backend: BackendName = "openai"
    """API of the server. openai: OpenAI, Azure, vLLM, SGLang, llama.cpp, Ollama and other
    compatible servers. anthropic: Anthropic's Messages API. It needs
    the extra anthropic. local: a GGUF file on this machine. Vermeil starts the
    server. It needs the extra local, or llama.cpp's llama-server. gliner: the folder of a GLiNER2
    model on this machine, for entities. Vermeil starts its process. It needs the extra gliner."""
    base_url: str = DEFAULT_BASE_URL
    """Base URL of the API. OpenAI: https://api.openai.com/v1. Anthropic: https://api.anthropic.com.
    Ollama: http://127.0.0.1:11434/v1. Azure: https://NAME.openai.azure.com/openai/v1. Not used by
    local and gliner."""
    model: str = "gpt-4o-mini"
    """Name of the model on the server. local: path of a GGUF file, or of a folder with one; the
    environment variable VERMEIL_GGUF can name a further folder in which it is searched. gliner:
    path of a folder."""
    local: LocalEngineConfig = LocalEngineConfig()
    """Settings of the inference engine that Vermeil starts on this machine (backend local)."""
    gliner: GlinerConfig = GlinerConfig()
    """Settings of a GLiNER2 model that Vermeil starts on this machine (backend gliner)."""
    terms: str = ""
    """Terms under which the replies of the teacher may be used, as you state them: a licence or an
    address. Written into the model card; never sent."""
    prompt: str = "standard"
    """Name of the prompt, one of the task's prompts."""
    system_role: bool = True
    """Send the instruction as a message with the role system. false: as the beginning of the user's
    first message, for models whose chat template has no system role (Gemma, older Mistral models).
    Changing it sends all documents again."""
    demonstrations: DemonstrationsConfig = DemonstrationsConfig()
    """Gold documents that each prompt shows as examples with their correct answers."""
    allow_remote: bool = False
    """Allow sending text to a server that is not on this machine."""
    api_key_env: str | None = None
    """Environment variable with the API key. none: OPENAI_API_KEY or ANTHROPIC_API_KEY, depending
    on the backend. A server on this machine needs no key."""
    azure_api_version: str | None = None
    """api-version of Azure's deployment URLs, for example 2024-10-21. Set it only if base_url has
    the form https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT. The key is then sent in
    the header api-key."""
    mode: Literal["online", "batch"] = "online"
    """online: send one request per document and wait for each reply. batch: use the provider's
    batch API (OpenAI, Azure, Anthropic): about half the price, replies within a day."""
    batch_requests: int = Field(default=100_000, ge=1)
    """Maximum number of requests in one batch. The server's own limits on number (OpenAI: 50,000)
    and size also apply. Set it lower if the account's queue is smaller."""
    batch_poll: float = Field(default=60.0, gt=0)
    """Maximum time between two polls of a running batch, in seconds. The first polls are more
    frequent."""
    temperature: float | None = Field(default=0.0, ge=0)
    """Sampling temperature. none: the server's default."""
    max_tokens: int = Field(default=1024, gt=0)
    """Maximum length of a reply, in tokens."""
    extra: dict[str, JsonValue] = Field(default={})
    """Additional fields of the request's body, sent unchanged. Examples:
    {reasoning_effort = "low"}, or {chat_template_kwargs = {enable_thinking = false}} (vLLM)."""
    structured: Structured = "off"
    """Structured output: how the server constrains replies to the JSON schema of the answer. off:
    no constraint, only the prompt requests JSON. json_schema: OpenAI's strict response_format
    (OpenAI, Azure, Anthropic, vLLM, SGLang, Ollama, llama.cpp). json_object: any JSON object. vllm:
    vLLM's structured_outputs. llama_cpp: llama-cpp-python. gbnf: llama.cpp's grammar, which allows
    no free white space (llama-server; local uses it for every schema). Not for prompts that reason
    first."""
    logprobs: bool = False
    """Request the log-probability of every token of the reply. The score of a span is then the
    joint probability of its tokens (JSON replies only). With several answers, votes are the score.
    Supported by OpenAI (except reasoning models), Azure, vLLM, SGLang, llama.cpp and Ollama, not by
    Anthropic. Replies that were stored without log-probabilities are not requested again."""
    annotate_gold: bool = False
    """Send the texts of corpora.gold to the teacher, too. `refine`, `select` and the regimen auto
    need these annotations, which show the errors of the teacher. The dry run counts them."""
    samples: int = Field(default=1, ge=1)
    """Number of replies per document. With more than one, set temperature above 0."""
    additional: tuple[AdditionalTeacherConfig, ...] = ()
    """Additional teachers. Each annotates every document and has its own votes. Example:
    additional = [{model = "NAME", base_url = "…"}], or [[teacher.additional]] tables."""
    votes: VotesConfig = VotesConfig()
    """Vote on several answers about one document."""
    verify: bool = False
    """Send a second request about mentions on which the answers differ or whose position is
    uncertain. This request is always sent online."""
    documents_per_request: int = Field(default=1, ge=1, le=100)
    """Number of short documents in one request. Each document has its own reply and state.
    concurrency counts documents, so set it to a multiple of this. Not with nearest demonstrations,
    batch mode or structured output."""
    concurrency: int = Field(default=8, ge=1, le=1000)
    """Maximum number of requests in flight. It is reduced while the server throttles."""
    requests_per_minute: int | None = Field(default=None, gt=0)
    """Maximum number of requests per minute. none: only the server's limits."""
    tokens_per_minute: int | None = Field(default=None, gt=0)
    """Maximum number of tokens per minute, prompts and replies together. none: only the server's
    limits."""
    max_cost_usd: float | None = Field(default=None, ge=0)
    """Spending limit in US dollars for all requests in the reply store, including earlier runs.
    none: no limit."""
    max_tokens_total: int | None = Field(default=None, ge=0)
    """Limit on the tokens of all requests in the reply store, including earlier runs. none: no
    limit."""
    prices: dict[str, PriceConfig] = Field(default={})
    """Prices by model. They take precedence over Vermeil's built-in list."""
    timeout: float = Field(default=60.0, gt=0)
    """Maximum time to wait for one reply, in seconds."""
    retries: int = Field(default=5, ge=0)
    """Maximum number of retries after a temporary error (timeout, 429, 5xx)."""
    retry_delay: float = Field(default=0.5, gt=0)
    """Delay before the first retry in seconds, unless the server sets one. It doubles with every
    retry."""
    stop_after_failures: int = Field(default=20, ge=0)
    """Number of failures of the same kind (for example failed or unparsable) after which sending
    stops if no reply was usable, including stored ones. 0: never stop. Not used for batches."""

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        for teacher in self.all_teachers():
            if teacher.backend == "anthropic" and teacher.structured not in ("off", "json_schema"):
                raise ValueError(
                    f'structured = "{teacher.structured}" is not supported by Anthropic; expected '
                    '"json_schema" or "off"'
                )
            if teacher.backend == "anthropic" and teacher.logprobs:
                raise ValueError(
                    "logprobs: Anthropic's API returns no log-probabilities; set it to false"
                )
            if teacher.backend in STARTED_BACKENDS and teacher.base_url != DEFAULT_BASE_URL:
                raise ValueError(
                    f'base_url: backend = "{teacher.backend}" starts a server of its own; remove '
                    'base_url, or set backend to "openai" to use the server at this address'
                )
            if teacher.backend == "gliner" and (self.verify or self.documents_per_request > 1):
                raise ValueError(
                    'backend = "gliner" reads one text per request and verifies none; set verify '
                    "to false and documents_per_request to 1"
                )
        if self.documents_per_request > 1 and self.mode == "batch":
            raise ValueError(
                "documents_per_request: a batch has one request per document; set it to 1, or mode "
                'to "online"'
            )
        if self.documents_per_request > 1 and self.structured != "off":
            raise ValueError(
                "documents_per_request: a schema describes the answer about one document; set it "
                'to 1, or structured to "off"'
            )
        return self

    @property
    def key_variable(self) -> str:
        """Name of the environment variable with the API key; default: ``NAME_API_KEY``."""
        return self.api_key_env or f"{self.backend.upper()}_API_KEY"

    @field_validator("extra")
    @classmethod
    def _reject_reserved(cls, extra: dict[str, JsonValue]) -> dict[str, JsonValue]:
        reserved = sorted(_RESERVED_FIELDS & extra.keys())
        if reserved:
            raise ValueError(
                f"{', '.join(reserved)}: set by Vermeil from other settings; remove it from extra"
            )
        return extra

    def all_teachers(self) -> tuple[TeacherConfig, ...]:
        """Return the settings of every teacher, this one first."""
        first = self.model_copy(update={"additional": ()})
        return (first, *(_additional_config(first, other) for other in self.additional))


def _additional_config(first: TeacherConfig, other: AdditionalTeacherConfig) -> TeacherConfig:
    """Return the settings of an additional teacher.

    Consent and Azure's api-version apply to one address only; a key applies to one backend only.
    """
    given = {name: value for name, value in other if value is not None}
    backend = given.get("backend", first.backend)
    if backend != first.backend:
        given.setdefault("api_key_env", None)
        if STARTED_BACKENDS & {backend, first.backend}:  # the address is of no use to the other one
            given.setdefault("base_url", DEFAULT_BASE_URL)
    if given.get("base_url", first.base_url) != first.base_url:
        given.setdefault("allow_remote", False)
        given["azure_api_version"] = None
    return first.model_copy(update=given)
