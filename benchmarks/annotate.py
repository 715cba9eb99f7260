"""What asking costs: Vermeil's engine beside the bare openai client and bespokelabs-curator.

    python benchmarks/annotate.py --requests 20000 --curator /path/to/venv/bin/python --save x.json

A server of its own process on loopback (`loopback.py`) answers every request alike, at once or
after 200 ms. Each side asks about the same documents with the same prompt, 64 in flight, in a
process of its own pinned to one core, after a warm-up. Measured are requests a second of wall-clock
time, and milliseconds of CPU time (user and system) for a request.

- ours: `vermeil.annotate` with everything: keys, reservations, a reply store with
  `synchronous=FULL`, reading and locating.
- openai: `AsyncOpenAI.chat.completions.create`, 64 tasks, nothing stored (`pip install openai`).
- curator: `curator.LLM` with its default cache, in an environment of its own that has
  bespokelabs-curator (`pip install bespokelabs-curator`); left out without --curator.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
IN_FLIGHT = 64
LATENCY = 0.2
COMMON = """
import json, os, resource, sys, time
base_url, number, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
os.sched_setaffinity(0, {int(sys.argv[4])})
os.environ["OPENAI_API_KEY"] = "none"

def measure(work):
    work("warm", min(200, number))
    cpu = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    began, used = time.perf_counter(), cpu()
    work("measured", number)
    seconds, used = time.perf_counter() - began, cpu() - used
    print(json.dumps({"rate": number / seconds, "cpu_ms": used / number * 1000}))
"""
OURS = (
    COMMON
    + f"""
from pathlib import Path
from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.jobs.annotate import annotate
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.teacher.config import TeacherConfig

task = make_task(TaskConfig(labels={{name: LabelConfig() for name in ("PER", "LOC")}}))
teacher = TeacherConfig(base_url=base_url, model="m", concurrency={IN_FLIGHT})

def work(name, number):
    documents = [Document(f"d{{i}}", f"Text number {{i}} tells of Oslo.") for i in range(number)]
    report = annotate(documents, task, teacher, Path(folder) / f"{{name}}.sqlite")
    assert report.states == {{State.DONE: number}}

measure(work)
"""
)
OPENAI = (
    COMMON
    + f"""
import asyncio, openai
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig

task = make_task(TaskConfig(labels={{name: LabelConfig() for name in ("PER", "LOC")}}))

async def ask(number):
    client = openai.AsyncOpenAI(base_url=base_url, max_retries=0)
    source = iter(range(number))
    async def worker():
        for i in source:
            text = f"Text number {{i}} tells of Oslo."
            messages = [dict(m) for m in task.render("standard", text)]
            await client.chat.completions.create(
                model="m", messages=messages, temperature=0.0, max_tokens=1024
            )
    await asyncio.gather(*(worker() for _ in range({IN_FLIGHT})))
    await client.close()

measure(lambda name, number: asyncio.run(ask(number)))
"""
)
CURATOR = (
    COMMON
    + f"""
os.environ["CURATOR_DISABLE_RICH_DISPLAY"] = "1"
os.environ["TELEMETRY_ENABLED"] = "0"
os.environ["CURATOR_CACHE_DIR"] = folder
# It counts tokens with tiktoken, whose table litellm has on board: nothing is downloaded.
import importlib.util
litellm = importlib.util.find_spec("litellm").submodule_search_locations[0]
os.environ["TIKTOKEN_CACHE_DIR"] = litellm + "/litellm_core_utils/tokenizers"
from bespokelabs import curator

prompt = json.loads(os.environ["PROMPT"])

class Teacher(curator.LLM):
    def prompt(self, row):
        content = prompt[-1]["content"].replace("TEXT", row["text"])
        return prompt[:-1] + [{{**prompt[-1], "content": content}}]
    def parse(self, row, response):
        return {{"text": row["text"], "reply": response}}

def work(name, number):
    params = {{
        "base_url": base_url, "api_key": "none", "max_concurrent_requests": {IN_FLIGHT},
        "max_requests_per_minute": 10**9, "max_tokens_per_minute": 10**12,
    }}
    teacher = Teacher(
        model_name="m", backend="openai", backend_params=params,
        generation_params={{"temperature": 0.0, "max_tokens": 1024}},
    )
    teacher([{{"text": f"{{name}} {{i}} tells of Oslo."}} for i in range(number)])

measure(work)
"""
)


def prompt() -> str:
    from vermeil.tasks import make_task
    from vermeil.tasks.config import LabelConfig, TaskConfig

    task = make_task(TaskConfig(labels={name: LabelConfig() for name in ("PER", "LOC")}))
    return json.dumps([dict(m) for m in task.render("standard", "TEXT")])


class Server:
    def __init__(self, folder: Path, latency: float) -> None:
        port = folder / f"port-{latency}"
        port.unlink(missing_ok=True)
        command = [sys.executable, str(HERE / "loopback.py"), str(port), str(latency)]
        self._process = subprocess.Popen(command)
        while not port.exists():
            time.sleep(0.05)
        self.base_url = f"http://127.0.0.1:{port.read_text()}/v1"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def measured(
    python: str, script: str, base_url: str, options: argparse.Namespace
) -> dict[str, float]:
    """Return the median of several runs."""
    runs = []
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            arguments = [base_url, str(options.requests), folder, str(options.core)]
            done = subprocess.run(
                [python, "-c", script, *arguments],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PROMPT": prompt()},
            )
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--core", type=int, default=0, help="the core that the clients get")
    parser.add_argument("--curator", help="python of an environment with bespokelabs-curator")
    parser.add_argument("--folder", type=Path, help="where stores are made (default: temporary)")
    parser.add_argument("--save", type=Path, help="write the results as JSON")
    options = parser.parse_args()
    sides = {"ours": (sys.executable, OURS), "openai": (sys.executable, OPENAI)}
    if options.curator:
        sides["curator"] = (options.curator, CURATOR)
    found: dict[float, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for latency in (0.0, LATENCY):
            with Server(Path(folder), latency) as server:
                found[latency] = {
                    side: measured(python, script, server.base_url, options)
                    for side, (python, script) in sides.items()
                }
            for side, values in found[latency].items():
                rate, cpu = values["rate"], values["cpu_ms"]
                print(
                    f"{latency * 1000:3.0f} ms, {side:8}{rate:8.0f}/s {cpu:8.2f} ms CPU", flush=True
                )
    results = conclusions(found)
    if options.save:
        options.save.write_text(json.dumps({"measured": found, "results": results}, indent=2))
    for one in results:
        print("RESULT", json.dumps(one))


def conclusions(found: dict[float, dict[str, dict[str, float]]]) -> list[dict[str, object]]:
    fast, slow = found[0.0], found[LATENCY]
    ideal = IN_FLIGHT / LATENCY
    results = [
        line("engine: CPU for a request", fast["ours"]["cpu_ms"], "ms", 2.0, lower=True),
        line("engine: requests a second on one core", fast["ours"]["rate"], "1/s", 400.0),
        line(
            "engine: requests a second, 200 ms, 64 in flight",
            slow["ours"]["rate"],
            "1/s",
            0.95 * ideal,
        ),
    ]
    for peer in ("openai", "curator"):
        if peer in fast:
            ours, theirs = fast["ours"]["cpu_ms"], fast[peer]["cpu_ms"]
            results.append(
                {
                    "name": f"engine: CPU for a request, beside {peer}",
                    "ours": round(ours, 3),
                    "peer": round(theirs, 3),
                    "unit": "ms",
                    "ratio": round(theirs / ours, 3),
                    "goal": None,
                    "met": None,
                }
            )
    return results


def line(name: str, ours: float, unit: str, goal: float, lower: bool = False) -> dict[str, object]:
    ratio = goal / ours if lower else ours / goal
    values = {"name": name, "ours": round(ours, 3), "peer": None, "unit": unit}
    return values | {"ratio": round(ratio, 3), "goal": goal, "met": ratio >= 1}


if __name__ == "__main__":
    main()
