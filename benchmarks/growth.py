"""Time and memory of prediction against the length of a document, and the number of documents.

Every point is a process of its own, one thread: CPU time of predicting, and by how much the process
grew, beyond what it had after loading the model and a first short prediction. Texts are words drawn
from an English list with a seed; documents come from a generator and predictions are counted, not
kept. Draws both into an SVG. The last 1.5 powers of ten give the exponent of growth: 1 is linear.

    python benchmarks/growth.py vermeil-run/model-onnx --json growth.json --svg growth.svg
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from vermeil.data.atomic import write_json
from vermeil.data.document import Document
from vermeil.student.load import load_predictor
from vermeil.studies.environment import describe_environment

LENGTHS = (100, 500, 2_000, 10_000, 50_000)
NUMBERS = (100, 1_000, 10_000, 30_000, 100_000)
SENTENCE = 10
"""Words of a document where their number is what grows."""

NAMES = "Ada Lovelace Grace Hopper Oslo Paris Kenya Reuters Microsoft Berlin Smith Tokyo".split()
PLAIN = "the of in a to and said on for was he at that with by from it is were after".split()
Points = Sequence[tuple[int, float, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="an exported model")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--numbers", type=int, nargs="+", default=NUMBERS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--point", type=int, nargs=2, metavar=("DOCUMENTS", "WORDS"))
    options = parser.parse_args()
    if options.point:
        print(json.dumps(measured(options.model, *options.point)))
        return
    series = {
        "words of one document": [(n, *apart(options.model, 1, n)) for n in options.lengths],
        f"documents of {SENTENCE} words": [
            (n, *apart(options.model, n, SENTENCE)) for n in options.numbers
        ],
    }
    lines = [line for name, points in series.items() for line in results(name, points)]
    if options.json:
        record = {"environment": describe_environment(), "series": series, "results": lines}
        write_json(options.json, record)
    if options.svg:
        options.svg.write_text(drawing(series), "utf-8")
    for line in lines:
        print("RESULT", json.dumps(line))


def apart(model: Path, documents: int, words: int) -> tuple[float, float]:
    command = [sys.executable, __file__, str(model), "--point", str(documents), str(words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    seconds, megabytes = json.loads(done.stdout)
    print(f"{documents:7,} x {words:6,} words: {seconds:8.3f} s {megabytes:7.1f} MB", flush=True)
    return seconds, megabytes


def measured(model: Path, documents: int, words: int) -> tuple[float, float]:
    predictor = load_predictor(model)
    predictor.runner.workers = 1
    list(predictor.predict(texts(1, SENTENCE)))
    before, began = peak(), time.process_time()
    done = sum(1 for _ in predictor.predict(texts(documents, words)))
    assert done == documents
    return time.process_time() - began, peak() - before


def texts(documents: int, words: int) -> Iterator[Document]:
    draw = random.Random(0)
    for number in range(documents):
        drawn = (draw.choice(NAMES if draw.random() < 0.2 else PLAIN) for _ in range(words))
        yield Document(str(number), " ".join(drawn))


def peak() -> float:
    """Return the largest resident size so far, in MB."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1e6 if sys.platform == "darwin" else 1e3)


def results(name: str, points: Points) -> list[dict[str, object]]:
    far = [p for p in points if p[0] >= points[-1][0] / 10**1.5]
    growth = exponent([(n, seconds) for n, seconds, _ in far])
    large = [megabytes for n, _, megabytes in far]
    return [
        {"name": f"{name}: growth of time, exponent", "ours": round(growth, 3), "peer": None,
         "unit": "", "ratio": None, "goal": 1.1, "met": growth <= 1.1},
        {"name": f"{name}: seconds at {points[-1][0]:,}", "ours": round(points[-1][1], 2),
         "peer": None, "unit": "s", "ratio": None, "goal": None, "met": None},
        {"name": f"{name}: memory beyond the model at {points[-1][0]:,}",
         "ours": round(large[-1], 1), "peer": None, "unit": "MB", "ratio": None, "goal": None,
         "met": None},
    ]  # fmt: skip


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """Return the slope of a straight line through the points' logarithms."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - mx) ** 2 for x in xs)


def drawing(series: dict[str, Points]) -> str:
    """Return one panel for each series and quantity, in logarithmic scales."""
    panels = []
    for row, (what, unit) in enumerate((("CPU time", "s"), ("memory beyond the model", "MB"))):
        for column, (name, points) in enumerate(series.items()):
            values = [(n, max(p[row], 1e-3)) for n, *p in points]
            panels.append(panel(name, what, unit, values, (70 + 340 * column, 40 + 230 * row)))
    style = "text{font:11px sans-serif;fill:#333}.axis{stroke:#999}.grid{stroke:#eee}"
    style += ".curve{fill:none;stroke:#8a6d1d;stroke-width:2}.dot{fill:#8a6d1d}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 490" role="img" '
        'aria-label="Time and memory of prediction against length and number of documents">'
        f'<style>{style}</style><rect width="700" height="490" fill="#fff"/>'
        + "".join(panels)
        + "</svg>\n"
    )


def panel(
    name: str, what: str, unit: str, values: Sequence[tuple[int, float]], corner: tuple[int, int]
) -> str:
    width, height = 250, 150
    left, top = corner
    lows = [math.floor(math.log10(min(v[i] for v in values)) + 1e-9) for i in (0, 1)]
    highs = [math.ceil(math.log10(max(v[i] for v in values)) - 1e-9) for i in (0, 1)]
    highs = [max(high, low + 1) for low, high in zip(lows, highs, strict=True)]

    def place(n: float, value: float) -> tuple[float, float]:
        x = (math.log10(n) - lows[0]) / (highs[0] - lows[0])
        y = (math.log10(value) - lows[1]) / (highs[1] - lows[1])
        return round(left + x * width, 1), round(top + (1 - y) * height, 1)

    marks = [f'<text x="{left}" y="{top - 12}">{what}, {unit}</text>']
    for power in range(lows[0], highs[0] + 1):
        x = place(10**power, 10 ** lows[1])[0]
        marks.append(f'<line class="grid" x1="{x}" y1="{top}" x2="{x}" y2="{top + height}"/>')
        at = f'x="{x}" y="{top + height + 16}" text-anchor="middle"'
        marks.append(f"<text {at}>{10**power:,}</text>")
    for power in range(lows[1], highs[1] + 1):
        y = place(10 ** lows[0], 10.0**power)[1]
        marks.append(f'<line class="grid" x1="{left}" y1="{y}" x2="{left + width}" y2="{y}"/>')
        marks.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>')
    marks.append(
        f'<path class="axis" fill="none" d="M{left} {top}V{top + height}H{left + width}"/>'
    )
    below = f'x="{left + width / 2}" y="{top + height + 32}" text-anchor="middle"'
    marks.append(f"<text {below}>{name}</text>")
    points = [place(n, value) for n, value in values]
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    marks.append(f'<path class="curve" d="{path}"/>')
    for (x, y), (n, value) in zip(points, values, strict=True):
        tip = f"<title>{n:,}: {value:.3g} {unit}</title>"
        marks.append(f'<circle class="dot" cx="{x}" cy="{y}" r="3.5">{tip}</circle>')
    return "<g>" + "".join(marks) + "</g>"


if __name__ == "__main__":
    main()
