"""Endpoints of the review page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from vermeil.corpora.review_log.events import ReviewSession
from vermeil.corpora.review_log.items import DOCUMENT, DONE, OPEN, annotation_of
from vermeil.data.document import Document
from vermeil.errors import ConfigError, DataError
from vermeil.serving.bodies import BodyReader, make_route_class
from vermeil.serving.limits import ServiceLimits
from vermeil.serving.review import same_text
from vermeil.serving.review.access import ANNOTATOR_KEY, AccessMiddleware, Sessions
from vermeil.serving.review.config import ReviewConfig
from vermeil.serving.review.evidence import Evidence
from vermeil.serving.review.messages import DecisionIn, SameTextIn, UndoIn
from vermeil.serving.review.payload import document_payload, task_payload
from vermeil.serving.review.queue import Decision, ReviewQueue
from vermeil.serving.review.round_end import RoundEnd
from vermeil.serving.review.stats import stats_of
from vermeil.serving.review.training import BackgroundTraining
from vermeil.tasks.protocol import Task

_ASSETS = files("vermeil.serving.review") / "assets"
_TYPES = {"css": "text/css", "js": "text/javascript", "html": "text/html", "svg": "image/svg+xml"}
_COOKIE_SECONDS = 30 * 24 * 3600
_LONGEST_FORM = 10_000


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """Everything that the endpoints of one review share.

    Args:
        task: the task.
        config: the settings.
        queue: documents and decisions.
        evidence: the teacher's words and the student's opinion.
        training: small trainings.
        save: writes gold from the decisions; returns its report for JSON, or None without decision.
        round_end: ends the review, if it is a round of a loop.
    """

    task: Task
    config: ReviewConfig
    queue: ReviewQueue
    evidence: Evidence
    training: BackgroundTraining
    save: Callable[[], dict[str, Any] | None]
    round_end: RoundEnd | None = None


def make_review_app(
    context: ReviewContext, sessions: Sessions, hosts: frozenset[str] = frozenset()
) -> FastAPI:
    """Return the page and its interface as an ASGI application.

    Args:
        context: documents, task and tools.
        sessions: tokens and cookies.
        hosts: accepted values of the header Host; empty: any.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        context.training.stop()
        context.save()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.stopping = False
    app.add_middleware(AccessMiddleware, sessions=sessions, hosts=hosts)
    app.add_exception_handler(DataError, _data_error)
    app.add_exception_handler(ConfigError, _data_error)
    app.include_router(_page_routes(sessions))
    router = APIRouter(
        route_class=make_route_class(BodyReader(ServiceLimits(), None)), prefix="/api"
    )
    _add_reading(router, context)
    _add_deciding(router, context)
    app.include_router(router)
    return app


def _page_routes(sessions: Sessions) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def page(request: Request, token: str = "") -> Response:
        """Return the page; exchange a one-time token for a cookie."""
        if token:
            return _signed_in(sessions, sessions.sign_in(token), status=303)
        if request.scope[ANNOTATOR_KEY] is None:
            form = "sign-in.html" if sessions.has_shared_token else "used.html"
            return _asset(form, 401)
        return _asset("index.html")

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        """Exchange the shared token and a name for a cookie."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LONGEST_FORM:
                raise HTTPException(413, "the form is too large")
        form = parse_qs(body.decode("utf-8", "replace"))
        token, name = (form.get(key, [""])[0] for key in ("token", "annotator"))
        return _signed_in(sessions, sessions.sign_in(token, name), status=303)

    @router.get("/assets/{name}")
    def asset(name: str) -> Response:
        """Return a file of the page."""
        return _asset(name)

    return router


def _add_reading(router: APIRouter, context: ReviewContext) -> None:
    queue, training = context.queue, context.training

    @router.get("/task")
    def task(request: Request) -> Response:
        """Return labels, guidelines and settings."""
        annotator = request.scope[ANNOTATOR_KEY]
        payload = task_payload(context.task, context.config, annotator, training.unavailable)
        number = None if context.round_end is None else context.round_end.number
        return JSONResponse({**payload, "round": number})

    @router.get("/queue")
    def places(request: Request) -> Response:
        """Return the annotator's documents and the counts of the queue."""
        annotator = request.scope[ANNOTATOR_KEY]
        return JSONResponse({"places": queue.places(annotator), **_counts(queue)})

    @router.post("/next")
    def next_document(request: Request) -> Response:
        """Reserve the annotator's next document; null if none is left."""
        name = queue.next_for(request.scope[ANNOTATOR_KEY])
        return JSONResponse({"next": name, **_counts(queue)})

    @router.get("/document")
    def document(request: Request, id: str, settles: bool = False) -> Response:  # noqa: A002
        """Return one document, and reserve it for the annotator."""
        annotator = request.scope[ANNOTATOR_KEY]
        is_changed = id in queue.changed
        reviewed, session = queue.open_settlement(id) if settles else queue.open(annotator, id)
        return JSONResponse(
            document_payload(
                queue.documents[id],
                reviewed,
                session,
                context.evidence,
                settles=settles,
                changed=is_changed,
            )
        )

    @router.get("/stats")
    def stats() -> Response:
        """Return documents, minutes, agreement and the outcome of suggestions."""
        found = stats_of(queue.texts, context.task, len(queue.changed), context.config.resamples)
        return JSONResponse(found.as_dict())

    @router.get("/training")
    def training_status() -> Response:
        """Return the state of the last small training."""
        return JSONResponse(asdict(training.status))


def _add_deciding(router: APIRouter, context: ReviewContext) -> None:
    queue, training = context.queue, context.training

    @router.post("/decision")
    def decide(request: Request, body: DecisionIn) -> Response:
        """Store one decision durably."""
        values = body.plain()
        decision = Decision(request.scope[ANNOTATOR_KEY], values.pop("id"), **values)
        _check_finished(context, decision)
        session = queue.decide(decision)
        return JSONResponse(
            {
                "undo": len(session.undoable),
                "redo": len(session.redoable),
                "ended": _ends_round(context, session),
            }
        )

    @router.post("/end")
    def end_round() -> Response:
        """End the review, if it is a round of a loop."""
        if context.round_end is None:
            raise HTTPException(409, "this review is no round of vermeil run; Ctrl-C ends it")
        context.round_end.end("button")
        return JSONResponse({"ended": True})

    @router.post("/undo")
    def undo(request: Request, body: UndoIn) -> Response:
        """Undo or redo the last decision about a document."""
        annotator = request.scope[ANNOTATOR_KEY]
        session = queue.undo(annotator, body.id, body.action, settles=body.settles)
        return JSONResponse(
            {
                "items": session.items,
                "undo": len(session.undoable),
                "redo": len(session.redoable),
            }
        )

    @router.post("/same/preview")
    def preview(request: Request, body: SameTextIn) -> Response:
        """Return the places that the decision about a span would change."""
        return JSONResponse(same_text.preview(queue, request.scope[ANNOTATOR_KEY], _same(body)))

    @router.post("/same/apply")
    def apply(request: Request, body: SameTextIn) -> Response:
        """Repeat the decision about a span for equal texts."""
        return JSONResponse(same_text.apply(queue, request.scope[ANNOTATOR_KEY], _same(body)))

    @router.post("/gold")
    def gold() -> Response:
        """Write gold from the decisions."""
        return JSONResponse(context.save())

    @router.post("/training")
    def train() -> Response:
        """Start a small training in the background."""
        if training.unavailable is not None:
            raise HTTPException(409, training.unavailable)
        reviewed = _reviewed(queue)
        if not reviewed:
            raise HTTPException(409, "no document is finished; finish one first")
        minutes = stats_of(queue.texts, context.task, resamples=1).minutes
        if not training.start(reviewed, queue.remaining(), minutes, queue.reorder):
            raise HTTPException(409, "a training is running; wait for its end")
        return JSONResponse(asdict(training.status))


def _counts(queue: ReviewQueue) -> dict[str, Any]:
    return {"counts": queue.counts(), "conflicts": queue.conflicts()}


def _reviewed(queue: ReviewQueue) -> list[Document]:
    """Return the documents with one finished answer, or with equal or settled ones."""
    conflicts = set(queue.conflicts())
    found = []
    for text in queue.texts:
        final = text.final
        if final is not None and text.id not in conflicts:
            annotation = annotation_of(final.items, "", text.kinds)
            found.append(queue.documents[text.id].with_annotation(annotation))
    return found


def _ends_round(context: ReviewContext, session: ReviewSession) -> bool:
    """End the round if its minutes are over, but not within a document."""
    if context.round_end is None or session.state == OPEN:
        return False
    return context.round_end.end_if_over(context.queue.texts)


def _check_finished(context: ReviewContext, decision: Decision) -> None:
    """Raise `DataError` if a finished document has an annotation that the task cannot use."""
    state = (decision.after.get(DOCUMENT) or {}).get("state")
    if state != DONE or context.config.nested:
        return
    items = context.queue.items_after(decision)
    document = context.queue.documents[decision.document]
    annotation = annotation_of(items, decision.annotator, context.queue.kinds)
    context.task.check(document.with_annotation(annotation))


def _same(body: SameTextIn) -> same_text.SameText:
    return same_text.SameText(body.id, body.key, body.scope == "queue")


def _signed_in(sessions: Sessions, cookie: str | None, status: int) -> Response:
    if cookie is None:
        return _asset("sign-in.html" if sessions.has_shared_token else "used.html", 401)
    response = RedirectResponse("/", status)
    response.set_cookie(
        sessions.cookie, cookie, max_age=_COOKIE_SECONDS, httponly=True, samesite="strict"
    )
    return response


def _asset(name: str, status: int = 200) -> Response:
    """Return a file of the folder of assets."""
    file = next((file for file in _ASSETS.iterdir() if file.name == name), None)
    kind = _TYPES.get(name.rpartition(".")[2])
    if file is None or kind is None:
        raise HTTPException(404, "there is no such file")
    return Response(file.read_bytes(), status, media_type=f"{kind}; charset=utf-8")


def _data_error(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 409)
