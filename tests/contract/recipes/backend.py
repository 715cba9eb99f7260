"""Recipe of a backend: an API that answers with lines of plain text."""

from tests.contract.recipes.recipe import Edit, Recipe

BACKEND = Recipe(
    heading="Add a backend",
    files={
        "teacher/backends/parrot/__init__.py": '"""An API of plain text."""\n',
        "teacher/backends/parrot/online.py": '''"""Backend of a server that returns plain text."""

from __future__ import annotations

import asyncio
import time
import urllib.request

from vermeil.data.reply import Reply, Request, Usage
from vermeil.teacher.address import api_key
from vermeil.teacher.backends.base import AttemptError, ErrorScope, ServerRateLimits
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import check_consent


class ParrotBackend:
    """A server with one path, which receives the last message and returns the reply."""

    def __init__(self, config: TeacherConfig) -> None:
        check_consent(config)
        self._url, self._key = config.base_url, api_key(config) or ""
        self.limits: ServerRateLimits | None = None

    async def complete(self, request: Request) -> Reply:
        """Send a request once; return the reply."""
        return await asyncio.to_thread(self._complete, request)

    def _complete(self, request: Request) -> Reply:
        started = time.monotonic()
        body = request.messages[-1]["content"].encode()
        sent = urllib.request.Request(self._url, body, {"X-Key": self._key})
        try:
            with urllib.request.urlopen(sent, timeout=5) as response:
                text = response.read().decode()
        except OSError as error:
            raise AttemptError(str(error), ErrorScope.ATTEMPT) from None
        return Reply(text, usage=Usage(10, 10), latency=time.monotonic() - started)

    async def aclose(self) -> None:
        """Close nothing."""


def list_models(config: TeacherConfig) -> tuple[str, ...] | None:
    """Return None: the server does not list its models."""
    api_key(config)
''',
    },
    edits=(
        Edit(
            "teacher/backends/registry.py",
            "from vermeil.teacher.config import BackendName",
            "from vermeil.teacher.backends.parrot.online import ParrotBackend\n"
            "from vermeil.teacher.backends.parrot.online import list_models as parrot_models\n",
        ),
        Edit(
            "teacher/backends/registry.py",
            '}\n"""Every backend by its name',
            '    "parrot": BackendSpec(ParrotBackend, parrot_models),\n',
        ),
        Edit("teacher/config.py", '"openai", "anthropic", "local", "gliner"]\n', '"parrot", '),
    ),
    script='''
import os, subprocess, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import vermeil
from vermeil import Document

keys = []


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        keys.append(self.headers["X-Key"])
        self.rfile.read(int(self.headers["Content-Length"]))
        content = b'{"entities": [{"text": "Bo", "label": "PER"}]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
vermeil.write_corpus([Document("a", "Bo saw Rome"), Document("b", "Bo left")], "pool.jsonl")
Path("vermeil.toml").write_text(f"""
[task.labels.PER]
[corpora]
pool = "pool.jsonl"
[teacher]
backend = "parrot"
base_url = "http://127.0.0.1:{server.server_port}/"
model = "m"
""")


def run(*command):
    environment = {**os.environ, "PARROT_API_KEY": "a-key-of-parrot"}
    command = [sys.executable, "-m", "vermeil", *command]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


done = run("check")
assert "ok teacher: m at http" in done.stdout, done.stdout + done.stderr
done = run("annotate")
assert done.returncode == 0, done.stdout + done.stderr
assert set(keys) == {"a-key-of-parrot"}
done = run("locate")
assert done.returncode == 0, done.stdout + done.stderr
silver = list(vermeil.read_corpus("vermeil-run/silver.jsonl"))
assert [[span.key for span in document.spans] for document in silver] == [[(0, 2, "PER")]] * 2
done = run("annotate", "--batch", "--set", "teacher.model=other")
assert done.returncode == 2 and "has no batches" in done.stderr, done.stdout + done.stderr
''',
)

RECIPES = (BACKEND,)
