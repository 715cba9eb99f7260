"""A Hub on this machine: the endpoints that huggingface_hub calls, over HTTP, in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

LARGE_ENDINGS = (".safetensors", ".onnx", ".gguf")
"""Files that the Hub stores as large files (LFS)."""


@dataclass
class Repo:
    """A repository: every commit with its files."""

    private: bool
    commits: list[dict[str, bytes]] = field(default_factory=lambda: [{}])

    def sha(self, number: int = -1) -> str:
        """Return the id of a commit."""
        index = number % len(self.commits)
        return hashlib.sha1(f"{id(self)}{index}".encode(), usedforsecurity=False).hexdigest()

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Return the id and the files of a revision."""
        if revision == "main":
            return self.sha(), self.commits[-1]
        for i, files in enumerate(self.commits):
            if self.sha(i) == revision:
                return revision, files
        return None


class FakeHub:
    """State of the Hub, and what it received."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.repos: dict[tuple[str, str], Repo] = {}
        self.large: dict[str, bytes] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.cut_after: int | None = None
        self.url = ""

    def paths(self, method: str) -> list[str]:
        """Return the paths of the requests with a method."""
        return [path for m, path, _ in self.requests if m == method]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((method, path, self.headers.get("Authorization", "")))
        if path.startswith("/store/") and method == "PUT":
            self.hub.large[path.removeprefix("/store/")] = body
            return self._send(200, {})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return self._send(200, {"errors": [], "warnings": []})
        if match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            return self._batch(json.loads(body))
        if match := re.fullmatch(r"/api/(model|dataset)s/([^/]+/[^/]+)(?:/(.*))?", path):
            return self._api(match[1], match[2], match[3] or "", body)
        if match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.*)", path):
            return self._resolve("dataset" if match[1] else "model", match)
        return self._send(404, {"error": f"no endpoint {path}"})

    def _may_read(self, repo: Repo) -> bool:
        return not repo.private or self._is_owner()

    def _is_owner(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {self.hub.token}"

    def _create(self, body: dict[str, Any]) -> None:
        if not self._is_owner():
            return self._send(401, {"error": "Invalid username or password."})
        name, kind = f"{body['organization']}/{body['name']}", body.get("type", "model")
        self.hub.repos[kind, name] = Repo(body.get("visibility") == "private")
        return self._send(200, {"url": f"{self.hub.url}/{name}"})

    def _batch(self, body: dict[str, Any]) -> None:
        objects = [
            {
                **one,
                "actions": {"upload": {"href": f"{self.hub.url}/store/{one['oid']}", "header": {}}},
            }
            for one in body["objects"]
        ]
        return self._send(200, {"transfer": "basic", "objects": objects})

    def _api(self, kind: str, name: str, rest: str, body: bytes) -> None:
        repo = self.hub.repos.get((kind, name))
        if repo is None or not self._may_read(repo):
            headers = {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}
            return self._send(401 if repo else 404, {"error": "not found"}, headers)
        what, _, revision = rest.partition("/")
        if what == "preupload":
            return self._send(200, {"files": [_mode(f) for f in json.loads(body)["files"]]})
        if what == "commit":
            return self._commit(repo, name, body)
        found = repo.at(revision.partition("/")[0] or "main")
        if found is None:
            return self._send(404, {"error": "no revision"}, {"X-Error-Code": "RevisionNotFound"})
        sha, files = found
        if what == "tree":
            return self._send(200, [_entry(path, data) for path, data in files.items()])
        siblings = [{"rfilename": path, "size": len(data)} for path, data in files.items()]
        answer = {"id": name, "sha": sha, "private": repo.private, "siblings": siblings}
        return self._send(200, {**answer, "tags": [], "downloads": 0, "likes": 0})

    def _commit(self, repo: Repo, name: str, body: bytes) -> None:
        if not self._is_owner():
            return self._send(403, {"error": "no write permission"})
        files = dict(repo.commits[-1])
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
        repo.commits.append(files)
        url = f"{self.hub.url}/{name}/commit/{repo.sha()}"
        return self._send(
            200, {"success": True, "commitUrl": url, "commitOid": repo.sha(), "hookOutput": ""}
        )

    def _resolve(self, kind: str, match: re.Match[str]) -> None:
        repo = self.hub.repos.get((kind, match[2]))
        found = repo.at(match[3]) if repo and self._may_read(repo) else None
        if found is None or match[4] not in found[1]:
            return self._send(404, {"error": "not found"}, {"X-Error-Code": "EntryNotFound"})
        sha, data = found[0], found[1][match[4]]
        etag = hashlib.sha256(data).hexdigest()
        return self._send_bytes(data, {"X-Repo-Commit": sha, "ETag": f'"{etag}"'})

    def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self._send_bytes(
            json.dumps(value).encode(),
            {"Content-Type": "application/json", **(headers or {})},
            status,
        )

    def _send_bytes(self, data: bytes, headers: dict[str, str], status: int = 200) -> None:
        start = 0
        if wanted := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start, status = int(wanted[1]), 206
            headers = {**headers, "Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[start:])


def _mode(file: dict[str, Any]) -> dict[str, Any]:
    large = file["path"].endswith(LARGE_ENDINGS)
    return {
        "path": file["path"],
        "uploadMode": "lfs" if large else "regular",
        "shouldIgnore": False,
    }


def _entry(path: str, data: bytes) -> dict[str, Any]:
    oid = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    return {"type": "file", "path": path, "size": len(data), "oid": oid}


@contextmanager
def serve_hub(token: str = "hf_secret") -> Iterator[FakeHub]:
    """Serve a Hub on a port of this machine."""
    hub = FakeHub(token)
    handler = type("BoundHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
