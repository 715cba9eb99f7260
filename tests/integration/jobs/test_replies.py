"""Replies out of the store and into it, with the recorded teacher over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.logprobs import Logprobs
from vermeil.data.reply import Reply, State
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.demonstrations import choose_demonstrations
from vermeil.jobs.import_replies import import_replies
from vermeil.jobs.locate import locate
from vermeil.jobs.replies import (
    abandon_batch,
    count_replies,
    export_replies,
    list_batches,
    list_replies,
)
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig
from vermeil.teacher.replay.server import ReplayServer
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.charges import Charge, Reservation, SpendingCap
from vermeil.teacher.store.records import RecordFilter
from vermeil.teacher.store.store import ReplyStore

TASK = make_task(TaskConfig(labels={name: LabelConfig() for name in ("PER", "LOC")}))
TEACHER = TeacherConfig(model="m", retries=0)
ALL = RecordFilter()
REPLIES = {
    "d0": '{"entities": [{"text": "Oslo", "label": "LOC"}]}',
    "d1": '{"entities": []}',
    "d2": "Sure!\u2028 \U0001f600 \x00",
    "d3": "I'm sorry, but I can't help with that.",
}
DOCUMENTS = [Document(name, f"Text {name} mentions Oslo.") for name in REPLIES]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Four replies, and one request that failed twice."""
    path = tmp_path / "replies.sqlite"
    failed = Document("d4", "Text d4.")
    with ReplyStore(path) as replies:
        for request in make_requests(DOCUMENTS, TASK, TEACHER):
            replies.put(request, Reply(REPLIES[request.document_id]))
        for request in make_requests([failed], TASK, TEACHER):
            replies.put(request, error="first")
            replies.put(request, error="last")
        other = TEACHER.model_copy(update={"model": "n", "prompt": "chain_of_thought"})
        for request in make_requests(DOCUMENTS[:1], TASK, other):
            replies.put(request, error="busy")
            replies.put(request, Reply('{"entities": []}'))
    return path


def test_every_request_is_listed_once_with_its_state(store: Path) -> None:
    records = list_replies(store, TASK, TEACHER, ALL)
    shown = [(r["id"], r["model"], r["state"], r["attempts"], r["error"]) for r in records]
    assert sorted(shown) == [
        ("d0", "m", "done", 1, None),
        ("d0", "n", "empty", 2, None),
        ("d1", "m", "empty", 1, None),
        ("d2", "m", "unparsable", 1, None),
        ("d3", "m", "refused", 1, None),
        ("d4", "m", "failed", 2, "last"),
    ]


@pytest.mark.parametrize(
    ("wanted", "states", "limit", "ids"),
    [
        (RecordFilter(model="n"), (), None, ["d0"]),
        (RecordFilter(prompt="standard"), (State.DONE, State.FAILED), None, ["d0", "d4"]),
        (RecordFilter(document="d0"), (), None, ["d0", "d0"]),
        (ALL, (), 2, ["d0", "d1"]),
        (RecordFilter(model="x"), (), None, []),
    ],
)
def test_the_list_is_narrowed(
    store: Path, wanted: RecordFilter, states: tuple[State, ...], limit: int | None, ids: list[str]
) -> None:
    assert [r["id"] for r in list_replies(store, TASK, TEACHER, wanted, states, limit)] == ids


LOST = '{"entities": [{"text": "Bergen", "label": "LOC"}]}'


def test_unplaced_replies_are_listed_and_counted(store: Path) -> None:
    lost = Document("d5", "Text d5 names no town.")
    with ReplyStore(store) as replies:
        for request in make_requests([lost], TASK, TEACHER):
            replies.put(request, Reply(LOST))
    (record,) = list_replies(store, TASK, TEACHER, ALL, (State.UNPLACED,))
    assert (record["id"], record["state"], record["reply"]) == ("d5", "unplaced", LOST)
    rows = count_replies(store, TASK, TEACHER, ALL)
    assert [row["requests"] for row in rows if row["state"] == "unplaced"] == [1]


def test_a_reply_whose_text_is_not_known_is_not_called_unplaced(store: Path) -> None:
    with ReplyStore(store) as replies:
        for request in make_requests([Document("d0", "A newer text: Oslo.")], TASK, TEACHER):
            replies.put(request, Reply(REPLIES["d0"]))
    assert list_replies(store, TASK, TEACHER, ALL, (State.UNPLACED,)) == []


def test_counts_add_up(store: Path) -> None:
    rows = count_replies(store, TASK, TEACHER, ALL)
    assert sum(r["requests"] for r in rows) == 6
    assert sum(r["attempts"] for r in rows) == 8
    assert {(r["model"], r["prompt"]) for r in rows} == {
        ("m", "standard"),
        ("n", "chain_of_thought"),
    }


def test_an_export_can_be_imported_elsewhere_and_read_there(store: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "out.jsonl.gz", tmp_path / "other.sqlite"
    exported = export_replies(store, file, RecordFilter(model="m"))
    assert exported.as_dict() == {
        "requests": 5,
        "written": 4,
        "without_reply": 1,
        "without_text": 0,
    }
    imported = import_replies(file, DOCUMENTS, TASK, TEACHER, other)
    assert (imported.records, imported.counts["imported"]) == (4, 4)
    assert locate(DOCUMENTS, TASK, TEACHER, other).states == (
        locate(DOCUMENTS, TASK, TEACHER, store).states
    )
    with ReplyStore(other) as replies:
        assert replies.spent().total == Charge()
        for request in make_requests(DOCUMENTS, TASK, TEACHER):
            reply = replies.get(request.key)
            assert reply is not None
            assert reply.text == REPLIES[request.document_id]
    again = import_replies(file, DOCUMENTS, TASK, TEACHER, other)
    assert (again.counts["already_stored"], again.counts["imported"]) == (4, 0)
    twice = tmp_path / "twice.jsonl"
    export_replies(other, twice, ALL)
    fields = ("id", "text", "model", "prompt", "sample", "reply", "finish_reason")
    lines = [json.loads(line) for line in twice.read_text("utf-8").split("\n") if line]
    assert [[line[f] for f in fields] for line in lines] == [
        [d.id, d.text, "m", "standard", 0, REPLIES[d.id], "stop"] for d in DOCUMENTS
    ]


def test_an_export_is_a_recording_that_can_be_replayed(store: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "out.jsonl", tmp_path / "other.sqlite"
    export_replies(store, file, RecordFilter(model="m", prompt="standard"))
    with ReplayServer({"m": file}) as server:
        teacher = TEACHER.model_copy(update={"base_url": server.base_url})
        annotate(DOCUMENTS, TASK, teacher, other)
    assert {r["id"]: r["reply"] for r in list_replies(other, TASK, TEACHER, ALL)} == REPLIES


def test_parquet_holds_the_same(store: Path, tmp_path: Path) -> None:
    export_replies(store, tmp_path / "out.jsonl", ALL)
    export_replies(store, tmp_path / "out.parquet", ALL)
    lines = (tmp_path / "out.jsonl").read_text("utf-8").split("\n")
    rows = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert rows == [json.loads(line) for line in lines if line]
    assert len(rows) == 5


def test_log_probabilities_survive_export_import_and_replay(tmp_path: Path) -> None:
    reply = Reply(
        REPLIES["d0"], logprobs=Logprobs((20, 28, len(REPLIES["d0"])), (-0.5, -0.25, 0.0))
    )
    store, file = tmp_path / "replies.sqlite", tmp_path / "out.jsonl"
    [request] = make_requests(DOCUMENTS[:1], TASK, TEACHER)
    with ReplyStore(store) as replies:
        replies.put(request, reply)
    export_replies(store, file, ALL)
    export_replies(store, tmp_path / "out.parquet", ALL)
    rows = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert rows == [json.loads(file.read_text("utf-8"))]
    assert rows[0]["token_logprobs"] == [-0.5, -0.25, 0.0]
    import_replies(file, DOCUMENTS, TASK, TEACHER, tmp_path / "imported.sqlite")
    with ReplayServer({"m": file}) as server:
        asking = TEACHER.model_copy(update={"base_url": server.base_url, "logprobs": True})
        annotate(DOCUMENTS[:1], TASK, asking, tmp_path / "replayed.sqlite")
        without = asking.model_copy(update={"logprobs": False})
        annotate(DOCUMENTS[:1], TASK, without, tmp_path / "without.sqlite")
    for name, expected in (("imported", reply.logprobs), ("replayed", reply.logprobs)):
        with ReplyStore(tmp_path / f"{name}.sqlite") as replies:
            found = replies.get(request.key)
            assert found is not None
            assert found.logprobs == expected
    with ReplyStore(tmp_path / "without.sqlite") as replies:
        found = replies.get(request.key)
        assert found is not None
        assert found.logprobs is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"token_ends": [1], "token_logprobs": [-1.0]},
        {"token_ends": [2]},
        {"token_logprobs": [-1.0]},
        {"token_ends": [1, 1, 2], "token_logprobs": [0, 0, 0]},
        {"token_ends": [2], "token_logprobs": [0.5]},
        {"token_ends": [2], "token_logprobs": [[]]},
        {"token_ends": [2.0], "token_logprobs": [-1.0]},
        {"token_ends": "2", "token_logprobs": "1"},
        {"token_ends": [2], "token_logprobs": [-(10**400)]},
    ],
)
def test_log_probabilities_of_another_reply_are_a_data_error(
    wrong: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps({"text": DOCUMENTS[0].text, "reply": "[]", **wrong}))
    with pytest.raises(DataError, match='"token_ends" and "token_logprobs" do not match'):
        import_replies(file, DOCUMENTS, TASK, TEACHER, tmp_path / "replies.sqlite")


def test_without_pyarrow_the_error_names_the_command_that_installs_it(
    store: Path, tmp_path: Path
) -> None:
    script = (
        "import sys\n"
        "sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from vermeil.errors import ConfigError\n"
        "from vermeil.jobs.replies import export_replies\n"
        "from vermeil.teacher.store.records import RecordFilter\n"
        "try:\n    export_replies(*map(Path, sys.argv[1:]), RecordFilter())\n"
        "except ConfigError as error:\n    print(error)"
    )
    command = [sys.executable, "-c", script, str(store), str(tmp_path / "out.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert 'pip install ".[parquet]"' in done.stdout
    assert not (tmp_path / "out.parquet").exists()


def test_third_party_replies_are_matched_by_text_or_id_and_the_rest_is_counted(
    tmp_path: Path,
) -> None:
    file, store = tmp_path / "in.jsonl", tmp_path / "replies.sqlite"
    records = [
        {"text": DOCUMENTS[0].text, "reply": REPLIES["d0"]},
        {"id": "d1", "reply": REPLIES["d1"], "prompt_tokens": 7, "finish_reason": "length"},
        {"document_id": "d2", "reply": REPLIES["d2"], "sample": 1, "other": [1]},
        {"id": "d3", "text": "Another text.", "reply": "x"},
        {"id": "d9", "reply": "x"},
        {"id": "d3", "reply": "x", "model": "n"},
        {"id": "d3", "reply": "x", "prompt": "chain_of_thought"},
        {"id": "d0", "reply": "comes too late"},
    ]
    file.write_text("\n".join(map(json.dumps, records)) + "\n\n", "utf-8")
    report = import_replies(file, DOCUMENTS, TASK, TEACHER, store)
    assert report.as_dict() == {
        "records": 8,
        "imported": 3,
        "already_stored": 1,
        "unknown_document": 2,
        "other_model": 1,
        "other_prompt": 1,
        "examples": [
            "line 4: unknown document",
            "line 5: unknown document",
            "line 6: other model",
            "line 7: other prompt",
        ],
    }
    assert [(r["id"], r["sample"]) for r in list_replies(store, TASK, TEACHER, ALL)] == [
        ("d0", 0),
        ("d1", 0),
        ("d2", 1),
    ]
    states = locate(DOCUMENTS, TASK, TEACHER, store).states
    assert states == {State.DONE: 1, State.EMPTY: 1, State.PENDING: 2}


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        '{"text": "x"}',
        '{"reply": "x"}',
        '{"text": 3, "reply": "x"}',
        '{"id": "d0", "reply": null}',
        '{"id": "d0", "reply": "x", "sample": -1}',
        '{"id": "d0", "reply": "x", "prompt_tokens": true}',
        '{"id": "d0", "reply": "\\ud800"}',
    ],
)
def test_a_line_that_is_no_recorded_reply_is_an_error_with_its_place(
    line: str, tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": "d0", "reply": "fine"}\n' + line)
    with pytest.raises(DataError, match=r"in\.jsonl:2: .*expected"):
        import_replies(file, DOCUMENTS, TASK, TEACHER, tmp_path / "replies.sqlite")


def test_a_text_that_is_not_known_for_sure_is_left_out_and_counted(
    store: Path, tmp_path: Path
) -> None:
    with ReplyStore(store) as replies:
        for request in make_requests([Document("d1", "A newer text.")], TASK, TEACHER):
            replies.put(request, Reply("{}"))
    report = export_replies(store, tmp_path / "out.jsonl", ALL)
    assert (report.requests, report.written, report.without_text) == (7, 4, 2)


def test_a_prompt_that_the_task_lacks_is_a_configuration_error(tmp_path: Path) -> None:
    teacher = TEACHER.model_copy(update={"prompt": "poem"})
    with pytest.raises(ConfigError, match="poem"):
        import_replies(tmp_path / "in.jsonl", [], TASK, teacher, tmp_path / "replies.sqlite")


def test_no_store_is_a_data_error_with_a_remedy(tmp_path: Path) -> None:
    for job in (lambda p: list_replies(p, TASK, TEACHER, ALL), list_batches):
        with pytest.raises(DataError, match="vermeil annotate"):
            job(tmp_path / "nothing.sqlite")
    assert not list(tmp_path.iterdir())


def test_batches_are_listed_and_one_can_be_given_up(store: Path) -> None:
    requests = list(make_requests(DOCUMENTS, TASK, TEACHER))
    with BatchStore(store) as batches:
        reserved = Reservation("b1", TEACHER.model, Charge(7), SpendingCap())
        batch = batches.create("b1", "openai http://x", requests, reserved)
        assert batch is not None
        batches.mark_submitted(batch, "batch_1")
        other = Reservation("b2", TEACHER.model, Charge(), SpendingCap())
        assert batches.create("b2", "openai http://x", requests[:1], other) is not None
    assert [(b["name"], b["phase"], b["waiting"]) for b in list_batches(store)] == [
        ("b1", "running", 4),
        ("b2", "intended", 1),
    ]
    given_up = abandon_batch(store, "b1")
    assert (given_up["name"], given_up["phase"], given_up["missing"]) == ("b1", "lost", 4)
    with pytest.raises(DataError, match="open batches: b2"):
        abandon_batch(store, "b1")


def test_an_imported_reply_counts_its_tokens_but_costs_nothing(tmp_path: Path) -> None:
    file, store = tmp_path / "in.jsonl", tmp_path / "replies.sqlite"
    file.write_text('{"id": "d0", "reply": "x", "prompt_tokens": 10, "completion_tokens": 2}\n')
    import_replies(file, DOCUMENTS, TASK, TEACHER, store)
    with ReplyStore(store) as replies:
        spent = replies.spent()
    assert (spent.usage.total, spent.total) == (12, Charge())


def test_replies_are_imported_for_prompts_with_demonstrations(tmp_path: Path) -> None:
    file, store = tmp_path / "in.jsonl", tmp_path / "replies.sqlite"
    file.write_text(json.dumps({"id": "d0", "reply": REPLIES["d0"]}))
    gold = [Document("g", "Rome.", annotation=Annotation(spans=(Span(0, 4, "LOC"),)))]
    shown = choose_demonstrations(DemonstrationsConfig(kind="fixed"), gold, [])
    import_replies(file, DOCUMENTS, TASK, TEACHER, store, shown)
    located = locate(DOCUMENTS, TASK, TEACHER, store, demonstrations=shown)
    assert located.states == {State.DONE: 1, State.PENDING: 3}


def test_a_reply_about_one_document_is_none_to_a_shared_request(tmp_path: Path) -> None:
    shared = TEACHER.model_copy(update={"documents_per_request": 2})
    with pytest.raises(ConfigError, match="documents_per_request"):
        import_replies(tmp_path / "in.jsonl", DOCUMENTS, TASK, shared, tmp_path / "r.sqlite")
