"""Reading a large corpus: memory that does not grow with it, and a repeated id still found.

    python benchmarks/read.py --documents 10000000

Writes a corpus of JSON Lines to --folder (60 bytes a document) whose last id stands there before,
and reads it in this process as `vermeil annotate` does, which never holds a document. Measured are
the documents a second and the largest resident size of the process. No peer.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.errors import DataError


def write(path: Path, number: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for i in range(number):
            file.write(f'{{"id": "letters-{i}", "text": "Text number {i} tells of Oslo."}}\n')
        file.write(f'{{"id": "letters-{number // 2}", "text": "Another text."}}\n')


def read(path: Path, number: int) -> float:
    """Return the documents a second; the repeated one must be told."""
    began, done, said = time.perf_counter(), 0, ""
    try:
        for _ in read_corpus(CorpusConfig(path=path, format="jsonl")):
            done += 1
    except DataError as error:
        said = str(error)
    place, before = f"{path}:{number + 1}", f"(line {number // 2 + 1})"
    assert said.startswith(place), said
    assert f"the id 'letters-{number // 2}' stands here again {before}" in said, said
    assert done == number
    return number / (time.perf_counter() - began)


def result(name: str, ours: float, unit: str, goal: float | None) -> dict[str, object]:
    values = {"name": name, "ours": round(ours, 1), "peer": None, "unit": unit, "ratio": None}
    return values | {"goal": goal, "met": None if goal is None else ours <= goal}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the corpus is made for the moment")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "corpus.jsonl"
        write(path, options.documents)
        rate = read(path, options.documents)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for one in (
        result("read: documents a second", rate, "1/s", None),
        result("read: memory", memory, "MB", 300.0),
    ):
        print("RESULT", json.dumps(one))


if __name__ == "__main__":
    main()
