"""Readers that the fuzz test covers: their valid files, malformed files and calls."""

from __future__ import annotations

import gzip
import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.mutations import mutate_bytes, mutate_json
from tests.fuzz.odd_files import mutate_docbin, write_odd_docbin, write_odd_table
from tests.fuzz.samples import CONFIGURATION, DOCUMENTS, REPLIES, lines, write_samples

from vermeil.config import load_config
from vermeil.corpora import CorpusConfig, read_corpus
from vermeil.corpora.config import FORMAT_NAMES
from vermeil.corpora.tools.registry import TOOLS
from vermeil.data.document import Document
from vermeil.data.records import document_to_line
from vermeil.jobs.import_replies import import_replies
from vermeil.jobs.review import import_review, read_ids
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.replay.recording import Recording
from vermeil.teacher.store.records import RecordFilter, stored_requests
from vermeil.teacher.store.store import ReplyStore

Samples = Callable[[Path], list[Path]]
Mutate = Callable[[Path, Path, random.Random], Path]


class Target(NamedTuple):
    """One reader.

    Args:
        samples: writes valid files into a folder and returns them.
        read: reads a file as a user would.
        mutate: writes a malformed copy of a valid file into a folder and returns it.
    """

    samples: Samples
    read: Callable[[Path, random.Random], object]
    mutate: Mutate


def mutate_file(source: Path, folder: Path, rng: random.Random) -> Path:
    """Write a malformed copy of a file, or of a folder with one malformed file."""
    target = folder / source.name
    if source.is_dir():
        shutil.copytree(source, target)
        damaged = rng.choice(sorted(file for file in target.rglob("*") if file.is_file()))
    else:
        damaged = target
    origin = source if damaged == target else source / damaged.relative_to(target)
    data = origin.read_bytes()
    if origin.suffix == ".gz":
        data = gzip.decompress(data)
    if origin.name.startswith(".vermeil-files"):
        return target
    if origin.name.removesuffix(".gz").endswith((".json", ".jsonl")) and rng.random() < 0.6:
        data = mutate_json(data, rng)
        if rng.random() < 0.1:
            data = mutate_bytes(data, rng)
    else:
        data = mutate_bytes(data, rng)
    if origin.suffix == ".gz":
        data = gzip.compress(data, 1)
        data = mutate_bytes(data, rng) if rng.random() < 0.5 else data
    damaged.write_bytes(data)
    return target


def mutate_table(source: Path, folder: Path, rng: random.Random) -> Path:
    """Write a Parquet file with odd columns, or a damaged one."""
    if source.is_dir() or rng.random() < 0.5:
        return mutate_file(source, folder, rng)
    write_odd_table(folder / source.name, rng)
    return folder / source.name


def mutate_spacy(source: Path, folder: Path, rng: random.Random) -> Path:
    """Write a DocBin with odd attributes, with damaged content, or a damaged file."""
    kind = rng.random()
    if kind < 0.2:
        return mutate_file(source, folder, rng)
    if kind < 0.5:
        write_odd_docbin(folder / source.name, rng)
    else:
        (folder / source.name).write_bytes(mutate_docbin(source.read_bytes(), rng))
    return folder / source.name


def read_format(chosen: str) -> Callable[[Path, random.Random], object]:
    """Return a function that reads a corpus by its format's name, or recognises the format."""

    def read(path: Path, rng: random.Random) -> object:
        named = f"{chosen}:{path}" if rng.random() < 0.7 else str(path)
        documents = list(read_corpus(CorpusConfig(path=named)))  # type: ignore[arg-type]
        return [document_to_line(document) for document in documents]

    return read


def _written(name: str, content: str) -> Samples:
    def write(folder: Path) -> list[Path]:
        path = folder / name
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(content.encode()))
        else:
            path.write_text(content, encoding="utf-8")
        return [path]

    return write


def _import_replies(path: Path, _: random.Random) -> object:
    return _import(path, path.parent.with_name("replies.sqlite"))


def _import(path: Path, store: Path) -> object:
    task = make_task(TaskConfig.model_validate({"labels": {"PER": {}}}))
    teacher = TeacherConfig.model_validate({"model": "m"})
    texts = [Document("one", "Ada met Bo"), Document("two", "Bo left")]
    return import_replies(path, texts, task, teacher, store)


def _store_samples(folder: Path) -> list[Path]:
    [path] = _written("x.jsonl", lines(REPLIES))(folder)
    store = folder / "store" / "replies.sqlite"
    store.parent.mkdir()
    _import(path, store)
    return [store]


def _read_store(path: Path, _: random.Random) -> object:
    found = list(stored_requests(path, RecordFilter()))
    with ReplyStore(path) as store:
        return [store.get(one.key) for one in found]


def _import_review(path: Path, _: random.Random) -> object:
    silver = [Document("5", "Ada met Bo in Rom\u00e9"), Document("1", "Ada met Bo")]
    return import_review(
        CorpusConfig(path=path), silver, path.with_name("gold.jsonl"), path.with_name("rest.jsonl")
    )


def _review_samples(folder: Path) -> list[Path]:
    found = []
    for tool in TOOLS:
        (folder / tool).mkdir()
        found += write_samples(tool, folder / tool)
    return found


def _corpora() -> Iterator[tuple[str, Target]]:
    mutations: dict[str, Mutate] = {"docbin": mutate_spacy}
    mutations |= dict.fromkeys(("parquet", "parquet-tokens"), mutate_table)
    for chosen in FORMAT_NAMES:
        yield (
            chosen,
            Target(
                lambda folder, chosen=chosen: write_samples(chosen, folder),  # type: ignore[misc]
                read_format(chosen),
                mutations.get(chosen, mutate_file),
            ),
        )


_RECORDS = "".join(document_to_line(document) + "\n" for document in DOCUMENTS)

TARGETS: dict[str, Target] = {
    **dict(_corpora()),
    "jsonl.gz": Target(_written("x.jsonl.gz", _RECORDS), read_format("jsonl"), mutate_file),
    "replies import": Target(_written("x.jsonl", lines(REPLIES)), _import_replies, mutate_file),
    "replay": Target(
        _written("x.jsonl", lines(REPLIES[:1])), lambda path, _: Recording(path), mutate_file
    ),
    "replay.gz": Target(
        _written("x.jsonl.gz", lines(REPLIES[:1])), lambda path, _: Recording(path), mutate_file
    ),
    "replies store": Target(_store_samples, _read_store, mutate_file),
    "review ids": Target(
        _written("ids.jsonl", json.dumps({"id": "one"}) + "\ntwo\n".replace("two", '{"id": "2"}')),
        lambda path, _: read_ids(path),
        mutate_file,
    ),
    "review import": Target(_review_samples, _import_review, mutate_file),
    "vermeil.toml": Target(
        _written("vermeil.toml", CONFIGURATION), lambda path, _: load_config(path), mutate_file
    ),
}
"""Name to reader."""
