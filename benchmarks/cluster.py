"""What Ray costs and brings: one process, one worker on Ray, two workers on Ray.

    python benchmarks/cluster.py [annotate|predict|study ...] [--model FOLDER] [--json cluster.json]

Each job is done by one process, then on a cluster of this machine with one worker and with two,
each with one processor and one thread. The cluster's start (measured apart) does not count, the
start of workers does. annotate asks the chat server of benchmarks/loopback.py, 20 ms an answer;
predict tags newswire sentences with the model in FOLDER (default: a tiny one, trained here); study
trains tiny students. Needs vermeil[ray,train,deploy] and two processors with nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])

from vermeil.cluster.config import ClusterConfig  # noqa: E402
from vermeil.cluster.connection import connected, require_ray  # noqa: E402
from vermeil.corpora import read_corpus, write_corpus  # noqa: E402
from vermeil.corpora.config import CorpusConfig  # noqa: E402
from vermeil.data.atomic import write_json  # noqa: E402
from vermeil.data.document import UNANNOTATED, Document  # noqa: E402
from vermeil.demo.corpus import NEWSWIRE  # noqa: E402
from vermeil.tasks import make_task  # noqa: E402
from vermeil.tasks.config import TaskConfig  # noqa: E402

LABELS = {"labels": {name: {} for name in ("PER", "ORG", "LOC", "MISC")}}
Timed = Callable[[int | None, Path], int]
"""Does a job with so many workers (None: one process) in a new folder; returns how many units."""


def cluster_of(workers: int) -> ClusterConfig:
    return ClusterConfig(address="local", workers=workers, cpus=1, chunk_documents=250)


def sentences(number: int) -> list[Document]:
    pool = list(read_corpus(CorpusConfig(path=NEWSWIRE / "pool.jsonl")))
    return [
        replace(d, id=f"{i}", group=None, text=f"{d.text} {i}", tokens=None, annotation=UNANNOTATED)
        for i, d in enumerate(islice(cycle(pool), number))
    ]


def annotate_job(folder: Path) -> Timed:
    from vermeil.cluster.annotate.job import request_sender_for
    from vermeil.jobs.annotate import annotate
    from vermeil.teacher.config import TeacherConfig

    port_file = folder / "port"
    script = str(ROOT / "benchmarks" / "loopback.py")
    subprocess.Popen([sys.executable, script, str(port_file), "0.02"])
    while not port_file.exists():
        time.sleep(0.05)
    address = f"http://127.0.0.1:{port_file.read_text()}/v1"
    task = make_task(TaskConfig.model_validate(LABELS))
    teacher = TeacherConfig(base_url=address, model="m", concurrency=32)
    documents = sentences(8000)

    def job(workers: int | None, place: Path) -> int:
        extra = {} if workers is None else {"asking": request_sender_for(cluster_of(workers))}
        report = annotate(documents, task, teacher, place / "replies.sqlite", **extra)  # type: ignore[arg-type]
        assert report.states["done"] == len(documents), report.states  # type: ignore[index]
        return len(documents)

    return job


def model_in(folder: Path) -> Path:
    from tests.tiny import make_encoder
    from tests.toys import blending

    from vermeil.jobs.export import export
    from vermeil.jobs.train import train
    from vermeil.student.config import StudentConfig
    from vermeil.training.job import TrainJob

    task = make_task(TaskConfig.model_validate(LABELS))
    gold = list(read_corpus(CorpusConfig(path=NEWSWIRE / "train.jsonl")))[:40]
    student = StudentConfig(encoder=str(make_encoder(folder / "tiny")), threads=1)
    job = TrainJob(gold=gold, task=task, student=student, blending=blending(epochs=1))
    train(job, folder / "trained")
    export(folder / "trained", folder / "model")
    return folder / "model"


def predict_job(folder: Path, model: Path | None) -> Timed:
    from vermeil.cluster.predict.job import predict_folder
    from vermeil.jobs.predict import predict_file

    model = model or model_in(folder)
    source, documents = folder / "in", sentences(60_000)
    for i in range(20):
        write_corpus(documents[i::20], source / f"part{i}.jsonl", "jsonl")

    def job(workers: int | None, place: Path) -> int:
        if workers is not None:
            predict_folder(model, str(source), str(place / "out"), cluster_of(workers))
            return len(documents)
        for file in sorted(source.iterdir()):
            documents_ = read_corpus(CorpusConfig(path=file))
            predict_file(model, documents_, place / "out" / file.name)
        return len(documents)

    return job


def study_job(folder: Path) -> Timed:
    from tests.tiny import make_encoder
    from tests.toys import blending

    from vermeil.cluster.cells import cell_runner_for
    from vermeil.student.config import StudentConfig
    from vermeil.studies.config import StudyConfig
    from vermeil.studies.inputs import StudyCorpora
    from vermeil.studies.settings import StudySettings
    from vermeil.studies.study import study

    task = make_task(TaskConfig.model_validate(LABELS))
    found = list(read_corpus(CorpusConfig(path=NEWSWIRE / "train.jsonl")))
    corpora = StudyCorpora(found[:100], found[100:200], (), found[200:260])
    student = StudentConfig(encoder=str(make_encoder(folder / "tiny")), threads=1)
    regimens = ("gold_only", "silver_only", "pooled", "simple_mix")
    config = StudyConfig(regimens=regimens, seeds=(0, 1, 2), resamples=100)
    settings = StudySettings(task=task, study=config, student=student, blending=blending(epochs=6))

    def job(workers: int | None, place: Path) -> int:
        run = None if workers is None else cell_runner_for(cluster_of(workers))
        report = study(corpora, settings, place, run_cells=run)
        return report.ran

    return job


def measure(name: str, job: Timed, folder: Path) -> dict[str, float]:
    """Return units a second of one process, one worker and two."""
    rates: dict[str, float] = {}
    for label, workers in {"process": None, "one": 1, "two": 2}.items():
        place = folder / label
        place.mkdir(parents=True)
        if workers is None:
            began = time.perf_counter()
            units = job(None, place)
            rates[label] = units / (time.perf_counter() - began)
        else:
            began = time.perf_counter()
            with connected(cluster_of(workers)):
                started = time.perf_counter()
                units = job(workers, place)
                rates[label] = units / (time.perf_counter() - started)
            print(f"{name}, {label}: cluster up in {started - began:.1f} s", flush=True)
        print(f"{name}, {label}: {rates[label]:.2f} a second", flush=True)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("jobs", nargs="*", default=["annotate", "predict", "study"])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    print(f"ray {require_ray().__version__}, {os.cpu_count()} processors")
    results = []
    units = {"annotate": "documents/s", "predict": "documents/s", "study": "cells/s"}
    for name in asked.jobs:
        folder = Path(tempfile.mkdtemp(prefix="vermeil-"))
        try:
            job = {
                "annotate": lambda: annotate_job(folder),  # noqa: B023
                "predict": lambda: predict_job(folder, asked.model),  # noqa: B023
                "study": lambda: study_job(folder),  # noqa: B023
            }[name]()
            rates = measure(name, job, folder / "runs")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        for what, ours, peer, goal in (
            ("one worker on Ray against one process", rates["one"], rates["process"], 0.9),
            ("two workers on Ray against one", rates["two"], rates["one"], 1.7),
        ):
            ratio = ours / peer
            results.append(
                {
                    "name": f"{name}, {what}",
                    "ours": round(ours, 2),
                    "peer": round(peer, 2),
                    "unit": units[name],
                    "ratio": round(ratio, 3),
                    "goal": goal,
                    "met": ratio >= goal,
                }
            )
    if asked.json:
        write_json(asked.json, {"ray": require_ray().__version__, "results": results})
    for result in results:
        print("RESULT", json.dumps(result))


if __name__ == "__main__":
    main()
