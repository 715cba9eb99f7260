"""The review page with a long text: milliseconds from a key press to the next painted frame.

The text has 20,000 characters and a span every 40, of which some are nested. Chromium runs without
a window. Each key changes the text, the panel and the log. The time is measured in the page: from
the key event to the frame after the one in which it was handled. Needs vermeil[serve], playwright
and chromium.

    python benchmarks/review.py --json review.json
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from vermeil.corpora import write_corpus
from vermeil.data.atomic import write_json
from vermeil.data.document import Annotation, Document, Span
from vermeil.studies.environment import describe_environment

CHARACTERS, EVERY = 20_000, 40
GOAL = 100.0
"""Milliseconds."""

TIMES = """keys => new Promise(async done => {
  const times = [];
  const frame = () => new Promise(requestAnimationFrame);
  for (const key of keys) {
    await frame();
    const started = performance.now();
    document.getElementById("text").dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await frame();
    await new Promise(resolve => { const c = new MessageChannel();
      c.port1.onmessage = resolve; c.port2.postMessage(0); });
    times.push(performance.now() - started);
  }
  done(times);
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), options.rounds)
    lines = [
        {"name": f"review, {CHARACTERS:,} characters: {key}", "ours": round(value, 1),
         "peer": None, "unit": "ms", "ratio": None, "goal": goal, "met": goal and value < goal}
        for key, value, goal in summary(found)
    ]  # fmt: skip
    if options.json:
        environment = describe_environment()
        write_json(options.json, {"environment": environment, **found, "results": lines})
    for line in lines:
        print("RESULT", json.dumps(line))


def summary(found: dict[str, Any]) -> list[tuple[str, float, float | None]]:
    keys = [
        (f"input to paint, {name}, p95", statistics.quantiles(times, n=20)[-1], GOAL)
        for name, times in found["keys"].items()
    ]
    keys += [
        (f"processor time of the page, {name}, mean", value, GOAL)
        for name, value in found["cpu"].items()
    ]
    every = [time for times in found["keys"].values() for time in times]
    return [*keys, ("input to paint, median of all", statistics.median(every), GOAL),
            ("open the document", found["open"], None)]  # fmt: skip


def long_document(name: str) -> Document:
    text = "Ann Lee of Acme left Rome for Oslo 😀.".ljust(EVERY) * (CHARACTERS // EVERY)
    spans = []
    for start in range(0, CHARACTERS, EVERY):
        spans.append(Span(start, start + 7, "PER", score=0.9))
        if start % (4 * EVERY) == 0:
            spans.append(Span(start, start + 15, "ORG", score=0.5))  # around the first one
    return Document(name, text, annotation=Annotation(spans=tuple(spans)))


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    write_corpus([long_document("a"), long_document("b")], folder / "silver.jsonl")
    command = [sys.executable, "-m", "vermeil", "review", "open", "silver.jsonl", "--no-browser"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = next(line.split()[1] for line in process.stderr if line.startswith("open "))
        try:
            with sync_playwright() as playwright:
                chrome = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                page = chrome.new_page(viewport={"width": 1280, "height": 800})
                page.goto(address)
                page.wait_for_selector("body[data-ready]")
                opened = page.evaluate(
                    """async () => { const { get } = await import("/assets/api.js");
                    const started = performance.now(); await get("document", { id: "b" });
                    return performance.now() - started; }"""
                )
                groups = {
                    "next span": ["n"], "accept": ["a"], "reject": ["r"], "change label": ["1"],
                    "extend by a word": ["e", "E"], "move the cursor": ["ArrowRight"],
                }  # fmt: skip
                session = page.context.new_cdp_session(page)
                session.send("Performance.enable", {"timeDomain": "threadTicks"})
                keys, cpu = {}, {}
                for name, pressed in groups.items():
                    before = processor_time(session)
                    keys[name] = page.evaluate(TIMES, pressed * rounds)
                    spent = processor_time(session) - before
                    cpu[name] = 1000 * spent / (len(pressed) * rounds)
                page.wait_for_selector("#saved:text-is('saved')")
                chrome.close()
        finally:
            process.send_signal(2)
            process.communicate()
    return {"open": opened, "keys": keys, "cpu": cpu}


def processor_time(session: Any) -> float:
    """Return the seconds of processor time of the page's main thread."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return sum(one["value"] for one in metrics if one["name"] == "TaskDuration")


if __name__ == "__main__":
    main()
