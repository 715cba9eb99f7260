"""A teacher on this machine: its speed. benchmarks/local_teacher measures quality.

    python -m benchmarks.local speed [--model NAME] [--documents 20]

VERMEIL_GGUF names a folder with GGUF files; without it the script ends with a reason. NAME is a
file in it (default: the first model of `vermeil local list`). Needs `pip install "vermeil[local]"`.

speed: documents of the sample corpus per hour of CPU time, through Vermeil and through a
bare HTTP client with the same server, prompts and number of requests in flight; then the gain of
several slots and of the reuse of the prompt's prefix, one by one. Each measurement starts its own
engine, and includes its start.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vermeil
from vermeil.data.document import Document
from vermeil.demo.corpus import NEWSWIRE
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.local.engine_process import EngineProcess
from vermeil.teacher.backends.local.listed_models import LISTED_MODELS
from vermeil.teacher.backends.local.online import LocalBackend
from vermeil.teacher.backends.openai.wire import chat_body
from vermeil.teacher.demonstrations import Demonstrations
from vermeil.teacher.requests import make_requests

LABELS = ("PER", "ORG", "LOC", "MISC")


@dataclass(frozen=True, slots=True)
class Measurement:
    """Time of annotating some documents."""

    documents: int
    wall_seconds: float
    cpu_seconds: float

    @property
    def per_cpu_hour(self) -> float:
        return 3600 * self.documents / self.cpu_seconds


def task_with(reply_format: str) -> Task:
    config = {"labels": {name: {} for name in LABELS}, "reply_format": reply_format}
    return vermeil.make_task(vermeil.TaskConfig.model_validate(config))


def teacher_config(model: str, **changes: Any) -> vermeil.TeacherConfig:
    values: dict[str, Any] = {
        "backend": "local",
        "model": model,
        "max_tokens": 512,
        "timeout": 1800.0,
        "structured": "json_schema",
        "demonstrations": {"kind": "covering"},
    }
    return vermeil.TeacherConfig.model_validate(values | changes)


def sentences(name: str, limit: int) -> list[Document]:
    return list(vermeil.read_corpus(NEWSWIRE / name))[:limit]


def five_shown(config: vermeil.TeacherConfig) -> Demonstrations:
    gold = sentences("train.jsonl", 10**6)
    return vermeil.choose_demonstrations(config.demonstrations, gold, ())


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its ended children."""
    usages = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measured(work: Callable[[], None], documents: int) -> Measurement:
    wall, cpu = time.monotonic(), cpu_seconds()
    work()
    return Measurement(documents, time.monotonic() - wall, cpu_seconds() - cpu)


def through_vermeil(documents: list[Document], config: vermeil.TeacherConfig) -> Measurement:
    def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "replies.sqlite"
            shown = five_shown(config)
            vermeil.annotate(documents, task_with("json"), config, store, demonstrations=shown)

    return measured(work, len(documents))


def through_bare_client(documents: list[Document], config: vermeil.TeacherConfig) -> Measurement:
    """Send the same bodies and store nothing; the server is started by Vermeil."""
    requests = make_requests(
        documents, task_with("json"), config, demonstrations=five_shown(config)
    )
    held = config.model_copy(update={"structured": "gbnf"})
    bodies = [chat_body(request, held) for request in requests]
    return measured(lambda: asyncio.run(_send_all(bodies, config)), len(documents))


async def _send_all(bodies: list[dict[str, Any]], config: vermeil.TeacherConfig) -> None:
    import aiohttp

    backend = LocalBackend(config)
    try:
        await backend.start()
        waiting = iter(bodies)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:

            async def worker(process: EngineProcess) -> None:
                url = f"{process.base_url}/chat/completions"
                headers = {"Authorization": f"Bearer {process.settings.key}"}
                for body in waiting:
                    async with session.post(url, json=body, headers=headers) as response:
                        response.raise_for_status()
                        await response.read()

            slots = range(backend.group.layout.slots)
            await asyncio.gather(*(worker(p) for p in backend.group.processes for _ in slots))
    finally:
        await backend.aclose()


def result_line(
    name: str, ours: Measurement, peer: Measurement, unit: str = "documents per CPU hour"
) -> None:
    ratio = ours.per_cpu_hour / peer.per_cpu_hour
    values = {
        "name": name,
        "ours": round(ours.per_cpu_hour, 1),
        "peer": round(peer.per_cpu_hour, 1),
        "unit": unit,
        "ratio": round(ratio, 3),
        "goal": None,
        "met": None,
    }
    print("RESULT", json.dumps(values), flush=True)
    for kind, one in (("ours", ours), ("peer", peer)):
        print(f"  {kind}: {one.wall_seconds / one.documents:.2f} s per document", flush=True)


def speed(model: str, number: int) -> None:
    documents = sentences("pool.jsonl", number)
    default = teacher_config(model)
    ours = through_vermeil(documents, default)
    result_line(
        "local teacher against the bare client", ours, through_bare_client(documents, default)
    )
    one_slot = teacher_config(model, local={"processes": 1, "slots": 1, "threads": 1})
    single = through_vermeil(documents, one_slot)
    result_line("slots of this machine against one slot of one thread", ours, single)
    unused = teacher_config(
        model, local={"processes": 1, "slots": 1, "threads": 1}, extra={"cache_prompt": False}
    )
    result_line("prefix reuse against none, one slot", single, through_vermeil(documents, unused))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("kind", choices=("speed",))
    parser.add_argument("--model", default=LISTED_MODELS[0].file)
    parser.add_argument("--documents", type=int, default=20)
    options = parser.parse_args()
    folder = os.environ.get("VERMEIL_GGUF")
    if not folder or not (Path(folder) / options.model).is_file():
        sys.exit(f"skipped: no file {options.model} in the folder that VERMEIL_GGUF names")
    print(f"{options.model}; {platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    speed(options.model, options.documents)


if __name__ == "__main__":
    main()
