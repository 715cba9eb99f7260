"""Endpoints of the HTTP service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPBearer

from vermeil.corpora import document_to_record
from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.serving.batcher import Batcher, BusyError, Predict
from vermeil.serving.bodies import BodyReader, make_route_class
from vermeil.serving.limits import ServiceLimits
from vermeil.serving.messages import PROBLEMS, DocumentIn, DocumentOut
from vermeil.serving.metrics import Metrics, MetricsMiddleware
from vermeil.serving.request_spans import SpanMiddleware

PREDICT = "/v1/predict"

_SHOWN, _LONGEST = 10, 300
"""Maximum number of errors in a response, and of characters of each."""

BEARER = HTTPBearer(auto_error=False)

Documents = Annotated[DocumentIn | list[DocumentIn], Body()]


def make_app(
    predict: Predict, limits: ServiceLimits | None = None, token: str | None = None
) -> FastAPI:
    """Return the service as an ASGI application.

    Args:
        predict: annotates documents, in order; called from one thread.
        limits: limits on requests and queued work.
        token: bearer token required for predictions; None: no token.
    """
    limits = limits or ServiceLimits()
    metrics = Metrics()
    state: dict[str, Batcher] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        batcher = Batcher(predict, limits, metrics.observe_batch)
        metrics.waiting.set_function(lambda: batcher.waiting)
        batcher.start()
        state["batcher"] = batcher
        yield
        del state["batcher"]
        await batcher.stop()

    app = FastAPI(
        title="Vermeil",
        version=version("vermeil"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.stopping = False
    app.add_middleware(MetricsMiddleware, path=PREDICT, metrics=metrics)
    app.add_middleware(SpanMiddleware, path=PREDICT)
    app.add_exception_handler(RequestValidationError, _validation_error)

    predictions = APIRouter(route_class=make_route_class(BodyReader(limits, token)))

    @predictions.post(
        PREDICT,
        # The body reader checks the token. The dependency only describes it.
        dependencies=[] if token is None else [Depends(BEARER)],
        responses={200: {"model": DocumentOut | list[DocumentOut]}, **PROBLEMS},
    )
    async def annotate(documents: Documents) -> Response:
        """Annotate one document or a list; the response has the same form."""
        many = documents if isinstance(documents, list) else [documents]
        annotated = await _annotate(_to_documents(many, limits), state)
        records = [document_to_record(document) for document in annotated]
        return JSONResponse(records if isinstance(documents, list) else records[0])

    app.include_router(predictions)

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Report that the process is alive."""
        return {"status": "ok"}

    @app.get("/ready", responses={503: PROBLEMS[503]})
    async def ready() -> dict[str, str]:
        """Report whether the service accepts prediction requests."""
        if "batcher" not in state or app.state.stopping:
            raise HTTPException(503, "not ready")
        return {"status": "ready"}

    @app.get("/metrics", response_class=PlainTextResponse)
    async def prometheus_metrics() -> Response:
        """Return metrics in Prometheus' text format."""
        return PlainTextResponse(metrics.render())

    return app


async def _annotate(documents: list[Document], state: dict[str, Batcher]) -> list[Document]:
    if not documents:
        return []
    if "batcher" not in state:
        raise HTTPException(503, "shutting down", {"Retry-After": "5"})
    try:
        return await state["batcher"].predict(documents)
    except BusyError as error:
        raise HTTPException(429, str(error), {"Retry-After": str(error.seconds)}) from error
    except TimeoutError as error:
        raise HTTPException(504, "timed out; send fewer documents per request") from error


def _to_documents(documents: list[DocumentIn], limits: ServiceLimits) -> list[Document]:
    characters = sum(len(one.text) for one in documents)
    if len(documents) > limits.max_documents or characters > limits.max_characters:
        raise HTTPException(
            413,
            f"{len(documents)} documents of {characters} characters; expected at most "
            f"{limits.max_documents} of {limits.max_characters} in one request",
        )
    try:
        return [one.as_document(number) for number, one in enumerate(documents, 1)]
    except DataError as error:
        raise HTTPException(422, str(error)) from error


async def _validation_error(_: Request, error: Exception) -> Response:
    """Return the errors of an invalid request on one line, without its text."""
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    parts = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}"[:_LONGEST] for e in errors[:_SHOWN]]
    if len(errors) > _SHOWN:
        parts.append(f"and {len(errors) - _SHOWN} more")
    return JSONResponse({"detail": "; ".join(parts)}, 422)
