"""OpenTelemetry spans: in memory, at a collector on loopback, and none without an exporter."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.toys import blending, sentences

from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.data.document import UNANNOTATED, Document
from vermeil.demo.corpus import NEWSWIRE
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.predict import predict
from vermeil.jobs.train import train
from vermeil.student.config import StudentConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.replay.server import ReplayServer
from vermeil.training.job import TrainJob

pytest.importorskip("opentelemetry.sdk.trace", reason="the SDK of OpenTelemetry is not installed")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="no exporter is installed")

LABELS: dict[str, Any] = {label: {} for label in ("PER", "ORG", "LOC", "MISC")}
PRICES: dict[str, Any] = {"recorded": {"input": 1.0, "output": 2.0}}


@pytest.fixture
def spans() -> Iterator[Any]:
    """Exporter that holds finished spans in memory."""
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


def pool() -> list[Document]:
    """Three documents that the recorded teacher knows."""
    documents = list(read_corpus(CorpusConfig(path=NEWSWIRE / "pool.jsonl")))[:3]
    return [one.with_annotation(UNANNOTATED) for one in documents]


def test_requests_have_model_tokens_and_cost(spans: Any, tmp_path: Path) -> None:
    task = make_task(TaskConfig.model_validate({"labels": LABELS}))
    with ReplayServer({"recorded": NEWSWIRE / "replies.standard.jsonl"}) as server:
        teacher = TeacherConfig(base_url=server.base_url, model="recorded", prices=PRICES)
        report = annotate(pool(), task, teacher, tmp_path / "replies.sqlite")
    found = [dict(one.attributes) for one in spans.get_finished_spans()]
    assert len(found) == len(pool())
    for one in found:
        assert one["gen_ai.operation.name"] == "chat"
        assert one["gen_ai.request.model"] == "recorded"
        assert one["server.address"] == "127.0.0.1"
    tokens = sum(one["gen_ai.usage.output_tokens"] for one in found)
    assert tokens == report.ask_report.usage.completion_tokens > 0
    assert sum(one["vermeil.cost_usd"] for one in found) > 0


def test_failed_request_has_its_kind_but_no_message(spans: Any, tmp_path: Path) -> None:
    task = make_task(TaskConfig.model_validate({"labels": LABELS}))
    teacher = TeacherConfig(base_url="http://127.0.0.1:9/v1", model="m", retries=0, concurrency=1)
    with pytest.raises(TeacherError):
        annotate(pool(), task, teacher, tmp_path / "replies.sqlite")
    span = spans.get_finished_spans()[0]
    assert span.status.status_code.name == "ERROR"
    assert span.status.description is None
    assert not span.events
    assert span.attributes["vermeil.error.scope"] == "unreachable"


def test_training_and_prediction(spans: Any, tmp_path: Path, encoder: Path, task: Task) -> None:
    student = StudentConfig(encoder=str(encoder), threads=1)
    job = TrainJob(gold=sentences(8), task=task, student=student, blending=blending(epochs=1))
    train(job, tmp_path / "model")
    list(predict(tmp_path / "model", ["Bo went to Rome", "Al"]))
    found = {one.name: dict(one.attributes) for one in spans.get_finished_spans()}
    assert found["vermeil train"]["vermeil.gold_documents"] == 8
    assert found["vermeil train"]["vermeil.regimen"] == "gold_only"
    assert found["vermeil predict"]["vermeil.documents"] == 2


def test_served_request_continues_the_trace_of_its_client(spans: Any) -> None:
    from starlette.testclient import TestClient

    from vermeil.serving.app import make_app

    trace_id = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}
    with TestClient(make_app(list)) as client:
        answer = client.post("/v1/predict", json={"text": "Bo went to Rome"}, headers=headers)
        client.get("/health")
    assert answer.status_code == 200
    finished = spans.get_finished_spans()  # FastAPI records spans of its own
    assert not any("Bo went" in one.to_json() for one in finished)
    ours = [one for one in finished if one.instrumentation_scope.name == "vermeil"]
    assert [one.name for one in ours] == ["POST /v1/predict"]  # /health has none
    span = ours[0]
    assert span.name == "POST /v1/predict"
    assert span.kind.name == "SERVER"
    assert f"{span.context.trace_id:032x}" == trace_id
    assert span.attributes["http.response.status_code"] == 200


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Address and received bodies of a collector of traces (OTLP over HTTP)."""
    bodies: list[bytes] = []

    class TraceCollector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), TraceCollector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    thread.join()
    server.server_close()


def run(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a verb with variables of OpenTelemetry."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-m", "vermeil", *words],
        cwd=folder,
        env={**plain, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_command_line_exports_only_if_an_exporter_is_named(
    tmp_path: Path, collector: tuple[str, list[bytes]]
) -> None:
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

    address, bodies = collector
    texts = [document.text for document in pool()]
    (tmp_path / "pool.txt").write_text("\n".join(texts), "utf-8")
    labels = "".join(f"[task.labels.{label}]\n" for label in LABELS)
    endpoint = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }
    with ReplayServer({"recorded": NEWSWIRE / "replies.standard.jsonl"}) as server:
        (tmp_path / "vermeil.toml").write_text(
            f'{labels}[corpora]\npool = "pool.txt"\n[teacher]\nbase_url = "{server.base_url}"\n'
            'model = "recorded"\n',
            "utf-8",
        )
        first = run(tmp_path, "annotate", "--set", "run.output=silent", **endpoint)
        assert first.returncode == 0, first.stderr
        assert not bodies
        second = run(tmp_path, "annotate", OTEL_TRACES_EXPORTER="otlp", **endpoint)
        assert second.returncode == 0, second.stderr
    names = []
    for body in bodies:
        request = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
        names += [
            span.name
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        assert not any(text.encode() in body for text in texts)
    assert names == ["chat recorded"] * len(texts)


def test_missing_exporter_is_a_clear_error(tmp_path: Path) -> None:
    failed = run(tmp_path, "config", "explain", "teacher.model", OTEL_TRACES_EXPORTER="nonesuch")
    assert failed.returncode == 2
    assert "OTEL_TRACES_EXPORTER=nonesuch" in failed.stderr
    assert "install its package, for example opentelemetry-distro" in failed.stderr
