"""A call of every public function, with names of the package ``vermeil`` alone."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vermeil

NAMES = ("Bo", "Al", "Cy", "Di")
PLACES = ("Rome", "Oslo", "Lima", "Bonn")


def sentences(number: int, prefix: str) -> list[vermeil.Document]:
    """Return sentences about a person and a place, two of each group."""
    found = []
    for i in range(number):
        name, place = NAMES[i % 4], PLACES[(i // 4) % 4]
        text = f"{name} went to {place} on day {prefix}{i}"
        start = text.index(place)
        spans = (vermeil.Span(0, len(name), "PER"), vermeil.Span(start, start + len(place), "LOC"))
        annotation = vermeil.Annotation(spans=spans)
        found.append(
            vermeil.Document(f"{prefix}{i}", text, f"{prefix}g{i // 2}", annotation=annotation)
        )
    return found


class Calls:
    """One method per public function, each with names of ``vermeil`` alone."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.get: Callable[[str], Any] = request.getfixturevalue
        self.folder = folder

    def annotate(self) -> None:
        texts = [document.text for document in sentences(4, "a")]
        store = self.folder / "replies.sqlite"
        report = vermeil.annotate(texts, self.get("task"), self.get("teacher"), store)
        assert isinstance(report, vermeil.AnnotateReport)
        assert {str(state): n for state, n in report.states.items()} == {"done": 4}

    def calibrate(self) -> None:
        report = vermeil.calibrate(self.get("model"), sentences(64, "c"))
        assert isinstance(report, vermeil.CalibrateReport)
        assert report.temperature > 0

    def check(self) -> None:
        report = vermeil.check(self.get("project"))
        assert isinstance(report, vermeil.CheckReport)
        assert report.findings

    def doctor(self) -> None:
        report = vermeil.doctor(self.get("project"))
        assert isinstance(report, vermeil.DoctorReport)
        assert set(report.sections) >= {"machine", "packages", "teacher"}

    def corpus_stats(self) -> None:
        stats = vermeil.corpus_stats(sentences(8, "a"))
        assert isinstance(stats, vermeil.CorpusStats)
        assert stats.documents == 8

    def choose_demonstrations(self) -> None:
        config = vermeil.DemonstrationsConfig(kind="fixed", count=2)
        chosen = vermeil.choose_demonstrations(config, sentences(8, "a"), sentences(4, "c"))
        assert len(chosen.for_document(sentences(1, "z")[0])) == 2

    def estimate(self) -> None:
        store = self.folder / "replies.sqlite"
        report = vermeil.estimate(sentences(4, "a"), self.get("task"), self.get("teacher"), store)
        assert isinstance(report, vermeil.EstimateReport)
        assert report.documents == 4

    def estimate_pilot(self) -> None:
        report = vermeil.estimate_pilot(
            sentences(6, "a"),
            self.get("task"),
            self.get("teacher"),
            vermeil.PilotConfig(documents=4, prompts=("standard",), demonstrations=("none",)),
            self.folder / "replies.sqlite",
        )
        assert isinstance(report, vermeil.PilotEstimate)
        assert report.requests == 4

    def evaluate(self) -> None:
        counts = vermeil.evaluate(sentences(8, "a"), sentences(8, "a"), self.get("task"))
        assert isinstance(counts, vermeil.Counts)
        assert counts.overall.f1 == 1

    def export(self) -> None:
        int8 = vermeil.Int8Options(max_f1_loss=1.0)
        folder = self.folder / "onnx"
        report = vermeil.export(self.get("model"), folder, sentences(12, "c"), int8=int8)
        assert isinstance(report, vermeil.ExportReport)
        assert set(report.files) == {"fp32", "int8"}

    def export_for_review(self) -> None:
        output = self.folder / "tasks.json"
        report = vermeil.export_for_review(sentences(4, "a"), "label-studio", output)
        assert isinstance(report, vermeil.ReviewExportReport)
        assert report.exported == 4

    def import_review(self) -> None:
        self.export_for_review()
        tasks = json.loads((self.folder / "tasks.json").read_text(encoding="utf-8"))
        for task in tasks:
            result = task["predictions"][0]["result"]
            task["annotations"] = [{"result": result, "completed_by": {"email": "eve"}}]
        (self.folder / "back.json").write_text(json.dumps(tasks), encoding="utf-8")
        report = vermeil.import_review(
            vermeil.CorpusConfig(path=self.folder / "back.json"),
            sentences(4, "a"),
            self.folder / "gold.jsonl",
            self.folder / "rest.jsonl",
        )
        assert isinstance(report, vermeil.ReviewReport)
        assert report.as_dict()["accepted"] == 4

    def find_leaks(self) -> None:
        report = vermeil.find_leaks(sentences(4, "a"), sentences(4, "a"))
        assert isinstance(report, vermeil.LeakReport)
        assert len(report.exact) == 4

    def load_config(self) -> None:
        assert isinstance(self.get("project"), vermeil.Config)
        with pytest.raises(vermeil.errors.ConfigError, match=r"nowhere\.toml"):
            vermeil.load_config(self.folder / "nowhere.toml")

    def locate(self) -> None:
        self.annotate()
        texts = [document.text for document in sentences(4, "a")]
        report = vermeil.locate(
            texts, self.get("task"), self.get("teacher"), self.folder / "replies.sqlite"
        )
        assert isinstance(report, vermeil.LocateReport)
        assert [d.spans[0].label for d in report.documents if d.spans] == ["PER"] * 4

    def make_task(self) -> None:
        assert self.get("task").name == "ner"

    def optimize(self) -> None:
        config, store = vermeil.OptimizeConfig(max_calls=9), self.folder / "replies.sqlite"
        with pytest.raises(vermeil.errors.ConfigError, match="too small for one round"):
            vermeil.optimize(
                sentences(24, "a"), self.get("task"), self.get("teacher"), config, store
            )

    def pilot(self) -> None:
        report = vermeil.pilot(
            sentences(6, "a"),
            self.get("task"),
            self.get("teacher"),
            vermeil.PilotConfig(documents=4, prompts=("standard",), demonstrations=("none",)),
            self.folder / "replies.sqlite",
        )
        assert isinstance(report, vermeil.PilotReport)
        assert report.documents == 4

    def plan(self) -> None:
        with pytest.raises(vermeil.errors.DataError):
            vermeil.plan(self.folder / "results.json", vermeil.PlanConfig(gold_price=1.0))

    def predict(self) -> None:
        (document,) = vermeil.predict(self.get("model"), ["Bo went to Rome on day a1"])
        assert document.spans is not None
        assert vermeil.Student.load(self.get("model")).task.name == "ner"

    def push(self) -> None:
        with pytest.raises(vermeil.errors.ConsentError, match="Nothing was sent"):
            vermeil.push(self.get("model"), "user/model", vermeil.PushOptions(public=True))

    def push_corpus(self) -> None:
        with pytest.raises(vermeil.errors.ConsentError, match=r"silver\.jsonl"):
            vermeil.push_corpus(sentences(4, "a"), "user/data", "silver")

    def pull(self) -> None:
        with pytest.raises(vermeil.errors.ConfigError, match="HF_HUB_OFFLINE"):
            vermeil.pull("user/model", self.folder / "pulled")

    def pull_corpus(self) -> None:
        with pytest.raises(vermeil.errors.ConfigError, match="HF_HUB_OFFLINE"):
            vermeil.pull_corpus("user/data", self.folder / "pulled.jsonl")

    def rank(self) -> None:
        report = vermeil.rank(sentences(9, "a"), self.get("task"), vermeil.RankConfig(batch=1))
        assert (report.documents, report.entries[0].id[0]) == (9, "a")

    def read_corpus(self) -> None:
        vermeil.write_corpus(sentences(4, "a"), self.folder / "a.jsonl")
        assert list(vermeil.read_corpus(self.folder / "a.jsonl")) == sentences(4, "a")
        assert list(vermeil.read_corpus(vermeil.CorpusConfig(path=self.folder / "a.jsonl")))

    def refine(self) -> None:
        refined = vermeil.refine(self._without_students(), str(self.folder / "judging"))
        assert isinstance(refined, vermeil.CuratedSilver)
        assert len(refined.documents) == 24

    def select(self) -> None:
        selected = vermeil.select(self._without_students(), self.folder / "judging")
        assert isinstance(selected, vermeil.CuratedSilver)

    def _without_students(self) -> Any:
        job = self.get("job")
        return vermeil.TrainJob(
            gold=job.gold,
            silver=job.silver,
            task=job.task,
            student=job.student,
            blending=job.blending,
            selection=vermeil.SelectionConfig(folds=0),
        )

    def review_open(self) -> None:
        """The page runs as a process, because it ends with Ctrl-C."""
        code = (
            "import sys, vermeil\n"
            "task = vermeil.make_task(vermeil.TaskConfig(labels={'PER': vermeil.LabelConfig()}))\n"
            "document = vermeil.Document('a', 'Ann left.')\n"
            "report = vermeil.review_open(\n"
            "    [document], task, sys.argv[1], vermeil.ReviewConfig(overlap=0),\n"
            "    vermeil.ReviewAccess(open_browser=False), vermeil.ReviewSources(),\n"
            "    lambda line: print(line, flush=True))\n"
            "print('ended', report)\n"
        )
        command = [sys.executable, "-c", code, str(self.folder / "review")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                lines = iter(process.stdout.readline, "")
                address = next(line.split()[1] for line in lines if line.startswith("open "))
                browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
                with browser.open(address, timeout=30) as response:
                    assert b"Vermeil review" in response.read()
                process.send_signal(2)
                assert list(lines)[-1] == "ended None\n"
            finally:
                process.kill()

    def review_stats(self) -> None:
        log = self.folder / "decisions.jsonl"
        log.write_text("")
        stats = vermeil.review_stats(log)
        assert isinstance(stats, vermeil.ReviewStats)
        assert (stats.documents, stats.agreement, dict(stats.sources)) == (0, None, {})

    def run(self) -> None:
        report = vermeil.run(self.get("project"))
        assert isinstance(report, vermeil.RunReport)
        assert report.outputs["model"].is_dir()

    def run_loop(self) -> None:
        """One round without a person: the teacher annotates, the student is scored on dev."""
        rounds: list[int] = []
        hooks = vermeil.LoopHooks(on_round=lambda report: rounds.append(len(report.rounds)))
        limits = vermeil.LoopLimits(documents=1000)
        report = vermeil.run_loop(self.get("project"), limits, None, hooks)
        assert isinstance(report, vermeil.LoopReport)
        assert (rounds, report.is_finished) == ([1], False)

    def serve(self) -> None:
        code = (
            "import pathlib, sys, vermeil\n"
            "limits = vermeil.ServiceLimits(max_documents=2)\n"
            "vermeil.serve(pathlib.Path(sys.argv[1]), port=0, limits=limits)"
        )
        command = [sys.executable, "-u", "-c", code, str(self.get("model"))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            self._request(process)

    def _request(self, process: subprocess.Popen[str]) -> None:
        """Send a request to the service of a process, then end it."""
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = next(word for word in line.split() if word.startswith("http://"))
            request = urllib.request.Request(
                f"{address.rstrip('/;,')}/v1/predict",
                json.dumps({"text": "Bo went to Rome"}).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert answer.status == 200
        finally:
            process.terminate()

    def show(self) -> None:
        project = self.get("project")
        vermeil.run(project)
        report = vermeil.show(project, "a1")
        assert isinstance(report, vermeil.ShowReport)
        assert report.document.id == "a1"

    def split_corpus(self) -> None:
        parts = vermeil.split_corpus(sentences(8, "a"), {"train": 0.5, "test": 0.5}, 0)
        assert sum(len(part) for part in parts.values()) == 8

    def study(self) -> None:
        job = self.get("job")
        report = vermeil.study(
            vermeil.StudyCorpora(
                gold=job.gold, silver=job.silver, dev=job.dev, test=sentences(12, "d")
            ),
            vermeil.StudySettings(
                task=job.task,
                study=vermeil.StudyConfig(
                    regimens=("gold_only", "simple_mix"),
                    seeds=(0,),
                    baseline="gold_only",
                    resamples=200,
                    workers=1,
                ),
                student=job.student,
                blending=job.blending,
            ),
            self.folder / "study",
        )
        assert isinstance(report, vermeil.StudyReport)
        assert (report.ran, report.reused) == (2, 0)

    def train(self) -> None:
        steps: list[int] = []
        report = vermeil.train(
            self.get("job"),
            str(self.folder / "model"),
            lambda stage, done, total, detail: steps.append(done),
        )
        assert isinstance(report, vermeil.TrainReport)
        assert steps
        with pytest.raises(TypeError, match="TrainJob"):
            vermeil.train([], self.folder / "other")  # type: ignore[arg-type]

    def tune(self) -> None:
        space = {"student.learning_rate": vermeil.DimensionConfig(low=1e-4, high=1e-3)}
        config = vermeil.TuneConfig(trials=2, evaluations=1, grace=1, space=space)
        report = vermeil.tune(self.get("job"), config, self.folder / "tune")
        assert isinstance(report, vermeil.TuneReport)
        assert len(report.trials) == 2

    def write_corpus(self) -> None:
        report = vermeil.write_corpus(sentences(4, "a"), self.folder / "a.conll")
        assert isinstance(report, vermeil.WriteReport)
        assert report.written == 4
