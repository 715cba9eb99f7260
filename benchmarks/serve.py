"""The service under load: latency and requests per second, beside two that take texts one by one.

- `naive`: FastAPI around transformers' pipeline (naive_app.py), as one writes it in ten minutes;
- `one by one`: ``vermeil serve`` that predicts every request alone (``--max-batch 1``).

All on loopback, with all processors; load.py sends one text per request over so many connections,
from a process of its own. Needs vermeil[train,export,serve].

    python benchmarks/serve.py vermeil-run/model --onnx vermeil-run/model-onnx --texts test.txt \
        --clients 1 16 64 --seconds 10 --json serve.json
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vermeil.data.atomic import write_json
from vermeil.studies.environment import describe_environment

HERE = Path(__file__).parent
PORT = 8799


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True, help="a text per line")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, dict[int, dict[str, float]]] = {}
    for name, server in (
        ("naive", naive(options.model)),
        ("one by one", vermeil(options.onnx, "--max-batch", "1")),
        ("batches", vermeil(options.onnx)),
    ):
        with server as address:
            found[name] = {n: load(address, options, n) for n in options.clients}
        for clients, numbers in found[name].items():
            print(f"{name:10} {clients:3} clients", json.dumps(numbers), flush=True)
    lines = [
        result(f"serve, {clients} clients, beside {peer}: {key}", found, peer, clients, key)
        for clients in options.clients
        for peer in ("naive", "one by one")
        for key in ("per_second", "p50", "p95", "p99")
    ]
    if options.json:
        record = {"environment": describe_environment(), **found, "results": lines}
        write_json(options.json, record)
    for line in lines:
        print("RESULT", json.dumps(line))


@contextmanager
def naive(model: Path) -> Iterator[str]:
    command = ["uvicorn", "--app-dir", str(HERE), "--port", str(PORT), "--log-level", "error"]
    with subprocess.Popen(
        [sys.executable, "-m", *command, "naive_app:app"],
        env={**os.environ, "VERMEIL_MODEL": str(model)},
    ) as server:
        try:
            wait_for(f"http://127.0.0.1:{PORT}/openapi.json", server)
            yield f"http://127.0.0.1:{PORT}"
        finally:
            server.terminate()


@contextmanager
def vermeil(model: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "vermeil", "serve", str(model), "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            address = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())
            assert address is not None
            yield address[0]
        finally:
            server.terminate()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"the server ended before {url} answered")


def load(address: str, options: argparse.Namespace, clients: int) -> dict[str, float]:
    command = [sys.executable, str(HERE / "load.py"), f"{address}/v1/predict"]
    command += ["--texts", str(options.texts), "--clients", str(clients)]
    done = subprocess.run(
        [*command, "--seconds", str(options.seconds)], stdout=subprocess.PIPE, check=True
    )
    numbers: dict[str, float] = json.loads(done.stdout)
    return numbers


def result(
    name: str,
    found: dict[str, dict[int, dict[str, float]]],
    peer: str,
    clients: int,
    key: str,
) -> dict[str, object]:
    ours, theirs = found["batches"][clients][key], found[peer][clients][key]
    more_is_better = key == "per_second"
    return {
        "name": name,
        "ours": ours,
        "peer": theirs,
        "unit": "1/s" if more_is_better else "ms",
        "ratio": round(ours / theirs if more_is_better else theirs / ours, 2),
        "goal": None,
        "met": None,
    }


if __name__ == "__main__":
    main()
