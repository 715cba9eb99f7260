"""Who can reach the review page, and what its responses allow a browser to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("fastapi")

from tests.review_page import Client, marked, review_host

from vermeil.errors import ConfigError
from vermeil.serving.review.address import ReviewAccess
from vermeil.tasks.protocol import Task

TOKEN = "a secret of many characters"


def test_an_address_signs_in_once_and_the_terminal_gets_a_new_one(
    tmp_path: Path, task: Task
) -> None:
    with review_host([marked("a", "Ann left.")], task, tmp_path) as host:
        address = host.addresses("ann")
        path = address.removeprefix(host.base)
        first, second = Client(host.base), Client(host.base)
        assert first.get(path).status == 200
        assert first.get("/api/task").body["annotator"] == "ann"
        assert second.get(path).status == 401
        assert second.get("/api/task").status == 401
        assert len(host.messages) == 1
        assert second.get(path).status == 401
        assert len(host.messages) == 1  # a used address prints one new address, not many
        found = re.search(r"\S+\?token=\S+", host.messages[0])
        assert found is not None
        assert second.get(found[0].removeprefix(host.base)).status == 200
        assert second.get("/api/task").body["annotator"] == "ann"


@pytest.mark.parametrize("path", ["/api/task", "/api/queue", "/api/document?id=a", "/api/stats"])
def test_nothing_of_the_documents_is_shown_without_a_cookie(
    path: str, tmp_path: Path, task: Task
) -> None:
    with review_host([marked("a", "Ann left.")], task, tmp_path) as host:
        stranger = Client(host.base)
        assert stranger.get(path).status == 401
        assert stranger.get("/?token=guess").status == 401
        assert "Ann" not in stranger.get("/").body


def test_a_forged_request_and_a_wrong_host_are_refused(tmp_path: Path, task: Task) -> None:
    with review_host([marked("a", "Ann left.")], task, tmp_path) as host:
        client = host.client()
        undo = {"id": "a", "action": "undo"}
        assert client.post("/api/undo", undo, Origin="http://evil.example").status == 403
        assert client.post("/api/undo", undo, Origin="null").status == 403
        assert client.post("/api/undo", undo, **{"Content-Type": "text/plain"}).status == 415
        assert client.get("/api/task", Host="evil.example").status == 421
        assert client.post("/api/undo", undo).status == 409  # a genuine one: nothing to undo


def test_every_response_has_a_strict_policy(tmp_path: Path, task: Task) -> None:
    with review_host([marked("a", "Ann left.")], task, tmp_path) as host:
        client = host.client()
        for path in ("/", "/assets/app.js", "/api/task", "/assets/none", "/api/none"):
            headers = client.get(path).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "require-trusted-types-for 'script'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
        assert client.get("/assets/..%2Fapp.py").status == 404


def test_the_cookie_is_for_this_site_and_not_for_scripts(tmp_path: Path, task: Task) -> None:
    import http.client

    with review_host([marked("a", "Ann left.")], task, tmp_path) as host:
        connection = http.client.HTTPConnection(host.base.removeprefix("http://"))
        connection.request("GET", host.addresses("ann").removeprefix(host.base))
        response = connection.getresponse()
        response.read()
        connection.close()
    assert response.status == 303
    assert response.getheader("location") == "/"
    cookie = response.getheader("set-cookie") or ""
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_others_sign_in_with_the_shared_token_and_a_name(tmp_path: Path, task: Task) -> None:
    with review_host([marked("a", "Ann left.")], task, tmp_path, token=TOKEN) as host:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        client = Client(host.base)
        assert client.post("/sign-in", b"token=wrong&annotator=bo", **form).status == 401
        body = f"token={TOKEN.replace(' ', '+')}&annotator="
        assert client.post("/sign-in", body.encode(), **form).status == 401
        assert client.post("/sign-in", f"{body}bo".encode(), **form).status == 200
        assert client.get("/api/task").body["annotator"] == "bo"
        assert client.post("/sign-in", b"x" * 20_000, **form).status == 413


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"host": "0.0.0.0"}, "--host 0.0.0.0: other machines can connect; set --token"),
        ({"host": "0.0.0.0", "token": "short"}, "fewer than 16 characters"),
        ({"annotators": ("a", "a")}, "each annotator once"),
        ({"annotators": ("a\n",)}, "printable"),
    ],
)
def test_unsafe_settings_are_refused(values: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        ReviewAccess(**values)  # type: ignore[arg-type]


def test_a_host_with_a_token_is_accepted() -> None:
    assert ReviewAccess(host="0.0.0.0", token=TOKEN).token == TOKEN
