"""The replay server over HTTP, and the sample corpus annotated and located through it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.mention import Status
from vermeil.data.reply import State
from vermeil.errors import ConfigError, DataError, TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.locate import locate
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.replay.server import ReplayServer


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "replies.jsonl"
    records = [
        {"text": "Oslo is wet.", "reply": "short", "id": "x"},
        {"text": "Norway.\nOslo is wet.", "reply": "long"},
        {"text": "cut", "reply": "half", "finish_reason": "length"},
    ]
    path.write_text("\n".join(json.dumps(r) for r in records) + "\n", encoding="utf-8")
    return path


class Caller:
    """One kept-alive connection."""

    def __init__(self, server: ReplayServer) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: Any) -> None:
        self._connection.close()

    def get(self, path: str) -> tuple[int, Any]:
        self._connection.request("GET", path)
        return self._answer()

    def post(
        self, body: Any, path: str = "/v1/chat/completions", **headers: str
    ) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._connection.request("POST", path, data, headers)
        return self._answer()

    def ask(self, content: list[dict[str, str]] | str, model: str = "strong") -> tuple[int, Any]:
        return self.post({"model": model, "messages": [{"role": "user", "content": content}]})

    def _answer(self) -> tuple[int, Any]:
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())


@pytest.fixture
def replay(recording: Path) -> Iterator[ReplayServer]:
    with ReplayServer({"strong": recording}) as server:
        yield server


@pytest.fixture
def caller(replay: ReplayServer) -> Iterator[Any]:
    with Caller(replay) as caller:
        yield caller


def test_models_are_listed(caller: Caller) -> None:
    status, body = caller.get("/v1/models")
    assert status == 200
    assert [m["id"] for m in body["data"]] == ["strong"]


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("Oslo is wet.", "short"),
        ("Find names.\n\nOslo is wet.", "short"),
        ("Find names.\nNorway.\nOslo is wet.", "long"),
        ("Sweden and Norway.\nOslo is wet.", "short"),
        ([{"type": "text", "text": "Find names.\n"}, {"type": "text", "text": "cut"}], "half"),
    ],
)
def test_longest_recorded_text_from_a_line_start_is_answered(
    message: list[dict[str, str]] | str, reply: str, caller: Caller
) -> None:
    status, body = caller.ask(message)
    assert status == 200
    assert body["choices"][0]["message"]["content"] == reply
    assert body["object"] == "chat.completion"
    assert body["id"]
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0
    assert body["choices"][0]["finish_reason"] == ("length" if reply == "half" else "stop")


def test_only_the_last_user_message_counts(caller: Caller) -> None:
    messages = [
        {"role": "system", "content": "cut"},
        {"role": "user", "content": "cut"},
        {"role": "assistant", "content": "cut"},
        {"role": "user", "content": "Oslo is wet."},
        {"role": "assistant", "content": "cut"},
    ]
    status, body = caller.post({"model": "strong", "messages": messages})
    assert (status, body["choices"][0]["message"]["content"]) == (200, "short")


@pytest.mark.parametrize("text", ["In Oslo is wet.", "Oslo is wet. ", "Oslo", "", "unknown\n"])
def test_unknown_text_is_422(text: str, caller: Caller) -> None:
    status, body = caller.ask(text)
    assert status == 422
    assert body["error"]["code"] == "reply_not_recorded"
    assert set(body["error"]) == {"message", "type", "param", "code"}


def test_unknown_model_is_404(caller: Caller) -> None:
    status, body = caller.ask("cut", model="weak")
    assert (status, body["error"]["code"]) == (404, "model_not_found")
    assert "'weak'" in body["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"model": "strong"}',
        b'{"model": "strong", "messages": 3}',
        b'{"model": "strong", "messages": ["x"]}',
        b'{"model": "strong", "messages": [{"role": "user", "content": 3}]}',
        b'{"model": "strong", "messages": [{"role": "user", "content": ["cut"]}]}',
        b'{"model": "strong", "messages": [{"role": "user", "content": "cut"}], "stream": true}',
    ],
)
def test_malformed_request_is_400_and_the_connection_goes_on(body: bytes, caller: Caller) -> None:
    status, answer = caller.post(body)
    assert status == 400
    assert answer["error"]["message"]
    assert caller.ask("cut")[0] == 200


def test_unhashable_model_and_no_user_message_are_errors_in_shape(caller: Caller) -> None:
    status, body = caller.post({"model": ["strong"], "messages": []})
    assert (status, body["error"]["code"]) == (404, "model_not_found")
    status, body = caller.post({"model": "strong", "messages": []})
    assert (status, body["error"]["code"]) == (422, "reply_not_recorded")


def test_unknown_path_and_method_are_errors_in_shape(replay: ReplayServer, caller: Caller) -> None:
    assert caller.get("/")[1]["error"]["code"] == "not_found"
    assert caller.post({}, path="/v1/completions")[0] == 404
    with closing(http.client.HTTPConnection("127.0.0.1", replay.port)) as connection:
        connection.request("DELETE", "/v1/models")
        response = connection.getresponse()
        assert response.status == 501
        assert json.loads(response.read())["error"]["message"]


def test_body_without_a_length_is_turned_down(replay: ReplayServer) -> None:
    with closing(socket.create_connection(("127.0.0.1", replay.port))) as raw:
        raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 411 ")


def test_many_callers_at_once_get_their_own_replies(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    lines = [json.dumps({"text": f"text {i}", "reply": f"reply {i}"}) for i in range(3000)]
    path.write_text("\n".join(lines), encoding="utf-8")

    def some(first: int) -> list[str]:
        with Caller(server) as caller:
            return [
                caller.ask(f"Q\ntext {i}")[1]["choices"][0]["message"]["content"]
                for i in range(first, first + 20)
            ]

    with ReplayServer({"strong": path}) as server, ThreadPoolExecutor(32) as pool:
        for first, got in zip(range(0, 640, 20), pool.map(some, range(0, 640, 20)), strict=True):
            assert got == [f"reply {i}" for i in range(first, first + 20)]


def test_closing_does_not_wait_for_idle_connections(recording: Path) -> None:
    with ReplayServer({"strong": recording}) as server:
        idle = Caller(server)
        assert idle.ask("cut")[0] == 200
        port = server.port
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))
    idle.__exit__()


def test_port_in_use_is_a_configuration_error(replay: ReplayServer, recording: Path) -> None:
    with (
        pytest.raises(ConfigError, match=str(replay.port)),
        ReplayServer({"strong": recording}, port=replay.port),
    ):
        pass
    with pytest.raises(ConfigError, match="70000"):
        ReplayServer({"strong": recording}, port=70000).serve()


def test_nothing_to_replay_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="NAME=FILE"):
        ReplayServer({})


def test_wrong_recording_file_is_found_before_the_server_starts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.jsonl"):
        ReplayServer({"strong": tmp_path / "none.jsonl"})


def test_blocking_server_answers_until_interrupted(recording: Path) -> None:
    script = (
        "import sys\n"
        "from vermeil.teacher.replay.server import ReplayServer\n"
        "try:\n"
        "    ReplayServer({'strong': sys.argv[1]}).serve(lambda url: print(url, flush=True))\n"
        "except KeyboardInterrupt:\n"
        "    print('bye')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, str(recording)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().split(":")[2].split("/")[0])
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/v1/models")
        assert connection.getresponse().status == 200
        process.send_signal(2)
        out, complaint = process.communicate(timeout=30)
    assert (out, complaint, process.returncode) == ("bye\n", "", 0)


NER = make_task(TaskConfig(labels={n: LabelConfig() for n in ("PER", "ORG", "LOC", "MISC")}))


def gold(newswire: Path) -> list[Document]:
    lines = (newswire / "pool.gold.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Document(
            record["id"],
            record["text"],
            record["group"],
            annotation=Annotation(
                tuple(Span(s["start"], s["end"], s["label"]) for s in record["spans"])
            ),
        )
        for record in map(json.loads, lines)
    ]


@pytest.mark.parametrize(("prompt", "f1"), [("standard", 0.9812), ("chain_of_thought", 0.9847)])
def test_sample_corpus_is_annotated_over_http_and_scored(
    prompt: str, f1: float, newswire: Path, tmp_path: Path
) -> None:
    pool = gold(newswire)
    store = tmp_path / "replies.sqlite"
    with ReplayServer({"recorded": newswire / f"replies.{prompt}.jsonl"}) as server:
        teacher = TeacherConfig(base_url=server.base_url, model="recorded", prompt=prompt)
        report = annotate(pool, NER, teacher, store)
    assert report.states == {State.DONE: 720, State.EMPTY: 163}
    assert report.ask_report.sent == report.documents == 883
    located = locate(pool, NER, teacher, store)
    assert located.states == report.states
    assert set(located.mentions) == {Status.EXACT}
    assert [d.id for d in located.documents] == [d.id for d in pool]
    assert located.against_gold is not None
    assert located.against_gold.counts.documents == 883
    assert located.against_gold.counts.overall.f1 == pytest.approx(f1, abs=0.002)


def test_unknown_model_of_the_replay_server_stops_annotating(
    replay: ReplayServer, tmp_path: Path
) -> None:
    teacher = TeacherConfig(base_url=replay.base_url, model="weak")
    with pytest.raises(TeacherError, match="'weak'"):
        annotate([Document("d", "Oslo is wet.")], NER, teacher, tmp_path / "r.sqlite")


def test_texts_without_a_recorded_reply_fail_and_are_counted(
    replay: ReplayServer, tmp_path: Path
) -> None:
    teacher = TeacherConfig(base_url=replay.base_url, model="strong")
    texts = ["Oslo is wet.", "Never recorded.", "cut"]
    documents = [Document(f"d{i}", text) for i, text in enumerate(texts)]
    report = annotate(documents, NER, teacher, tmp_path / "r.sqlite")
    assert report.states == {State.UNPARSABLE: 1, State.FAILED: 1, State.TRUNCATED: 1}
    located = locate(documents, NER, teacher, tmp_path / "r.sqlite")
    assert located.states == report.states
    assert [d.annotation.is_empty for d in located.documents] == [True] * 3


def test_an_interruption_while_a_request_comes_in_cuts_its_connection(recording: Path) -> None:
    """The main thread may be interrupted when the request's own thread answers already."""
    server = ReplayServer({"strong": recording})
    server._bind()
    own, begin = server._started, ThreadingMixIn.process_request

    def interrupted(self: Any, *arguments: Any) -> None:
        begin(self, *arguments)
        raise KeyboardInterrupt

    client = http.client.HTTPConnection("127.0.0.1", own.server_port, timeout=30)
    with pytest.MonkeyPatch.context() as patch, closing(client):
        patch.setattr(ThreadingMixIn, "process_request", interrupted)
        client.request("GET", "/v1/models")  # and it stays connected
        with pytest.raises(KeyboardInterrupt):
            own.handle_request()
        ending = threading.Thread(target=own.close, daemon=True)
        ending.start()
        ending.join(10)
        assert not ending.is_alive()
