"""The service under load: latency and requests per second, batching against one by one.

Both are ``vermeil serve`` on loopback; the peer predicts every request alone (``--max-batch 1``).
So many clients send one text per request, each as soon as it has its answer. Needs vermeil[serve].

    python benchmarks/serve.py vermeil-run/model-onnx --texts test.txt --clients 16 --seconds 20
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from vermeil.data.atomic import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--texts", type=Path, required=True, help="a text per line")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    texts = [line for line in options.texts.read_text("utf-8").splitlines() if line.strip()]
    found = {}
    for name, batch in (("one by one", 1), ("batches", 8192)):
        found[name] = measured(options, texts, batch)
        print(name, json.dumps(found[name]), flush=True)
    ours, peer = found["batches"], found["one by one"]
    lines = [
        result("serve, requests per second", ours["per_second"], peer["per_second"], "1/s"),
        *(
            result(f"serve, {key}", ours[key], peer[key], "ms", lower=True)
            for key in ("p50", "p95", "p99")
        ),
    ]
    if options.json:
        write_json(options.json, {"clients": options.clients, **found, "results": lines})
    for line in lines:
        print("RESULT", json.dumps(line))


def measured(options: argparse.Namespace, texts: list[str], batch: int) -> dict[str, float]:
    command = [sys.executable, "-m", "vermeil", "serve", str(options.model), "--port", "0"]
    with subprocess.Popen(
        [*command, "--max-batch", str(batch)], stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stderr is not None
            address = re.search(r"http://(127\.0\.0\.1:\d+)", server.stderr.readline())
            assert address is not None
            load(address[1], texts, options.clients, 1.0)
            latencies = load(address[1], texts, options.clients, options.seconds)
        finally:
            server.terminate()
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "per_second": round(len(latencies) / options.seconds, 1),
        "p50": round(cuts[49] * 1000, 1),
        "p95": round(cuts[94] * 1000, 1),
        "p99": round(cuts[98] * 1000, 1),
    }


def load(address: str, texts: list[str], clients: int, seconds: float) -> list[float]:
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(address, timeout=60)
        while (began := time.perf_counter()) < end:
            number += clients
            body = json.dumps({"text": texts[number % len(texts)]})
            connection.request("POST", "/v1/predict", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
            latencies.append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies


def result(
    name: str, ours: float, peer: float, unit: str, *, lower: bool = False
) -> dict[str, object]:
    ratio = round(peer / ours if lower else ours / peer, 2)
    return {"name": name, "ours": ours, "peer": peer, "unit": unit, "ratio": ratio,
            "goal": None, "met": None}  # fmt: skip


if __name__ == "__main__":
    main()
