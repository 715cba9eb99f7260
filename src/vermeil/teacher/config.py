"""The ``[teacher]`` section."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vermeil.section import Section


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
    losers: Literal["drop", "abstain"] = "drop"
    """What becomes of the others. drop: nothing is there; abstain: nobody knows, so that they are
    masked in training."""


class FurtherTeacher(Section):
    """One more teacher; what is left out is as in [teacher]."""

    model: str
    """Name of the model as its server knows it."""
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

    base_url: str = "http://127.0.0.1:8000/v1"
    """Root of an OpenAI-compatible API."""
    model: str = "gpt-4o-mini"
    """Name of the model as the server knows it."""
    prompt: str = "standard"
    """Which of the task's prompts to ask with."""
    demonstrations: DemonstrationsConfig = DemonstrationsConfig()
    """Which gold documents each prompt shows as examples, with their right answers."""
    allow_remote: bool = False
    """Agree to send text to a server that is not on this machine."""
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key; a server on loopback needs none."""
    temperature: float | None = Field(default=0.0, ge=0)
    """Sampling temperature; none: the server's default."""
    max_tokens: int = Field(default=1024, gt=0)
    """Longest reply, in tokens."""
    samples: int = Field(default=1, ge=1)
    """How often each document is asked; with more than once, set a temperature above 0."""
    also: tuple[FurtherTeacher, ...] = ()
    """Further teachers who are asked as well and have a vote each:
    also = [{model = "NAME", base_url = "…", prompt = "…"}], or tables [[teacher.also]]."""
    votes: VotesConfig = VotesConfig()
    """What becomes of several answers about one document."""
    verify: bool = False
    """Ask once more about mentions on which the answers differ or whose place is doubtful."""
    documents_per_request: int = Field(default=1, ge=1, le=100)
    """Short documents that are put into one request. Each is accounted for by itself; concurrency
    counts documents, so make it a multiple. Not with nearest demonstrations."""
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

    def each(self) -> tuple[TeacherConfig, ...]:
        """Return the settings of every teacher, one by one, this one first."""
        alone = self.model_copy(update={"also": ()})
        return (alone, *(_further(alone, one) for one in self.also))


def _further(first: TeacherConfig, one: FurtherTeacher) -> TeacherConfig:
    """Return the settings of a further teacher. Consent holds for one address only."""
    given = {name: value for name, value in one if value is not None}
    if one.base_url is not None and one.base_url != first.base_url:
        given.setdefault("allow_remote", False)
    return first.model_copy(update=given)
