"""Pull of a model or a corpus from the Hugging Face Hub."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vermeil.corpora import read_corpus
from vermeil.data.atomic import atomic_folder, atomic_path
from vermeil.data.model_files import verify_files
from vermeil.data.progress import Progress, silent
from vermeil.data.written import EXPORTED_MODEL, MODEL, check_file, check_folder
from vermeil.errors import DataError, HubError
from vermeil.hub.client import check_hub_id, get_repo, open_client
from vermeil.hub.download import download_files
from vermeil.hub.models import download_model
from vermeil.student.inference.model_settings import read_settings

WHAT = "vermeil pull"


@dataclass(frozen=True, slots=True)
class PullReport:
    """Result of a download.

    Args:
        path: the model folder, or the file of the corpus.
        repo: ``user/name``.
        revision: the commit.
        documents: number of documents of a corpus; None for a model.
    """

    path: Path
    repo: str
    revision: str
    documents: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {**asdict(self), "path": str(self.path)}


def pull(
    repo: str,
    folder: Path | str,
    revision: str | None = None,
    progress: Progress = silent,
    *,
    overwrite: bool = False,
) -> PullReport:
    """Download a model from the Hugging Face Hub into a folder, and check its files.

    Only the files of the student are downloaded, never code.

    Args:
        repo: ``user/name``.
        folder: the model folder. An existing model is replaced when the new one is complete.
        revision: branch, tag or commit; None: the newest.
        progress: called after every file.
        overwrite: replace a model of another kind, too.

    Raises:
        ConfigError: huggingface_hub is not installed, or ``HF_HUB_OFFLINE`` is set.
        DataError: the repository holds no student, a file differs from the pushed one, or the
            folder holds other files.
        HubError: the Hub cannot be reached, or the repository does not exist.
    """
    folder = Path(folder)
    check_hub_id(repo)
    if folder.exists():
        check_folder(folder, MODEL, overwrite=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".vermeil-pull.") as partial:
        found = download_model(repo, Path(partial), revision, progress)
        verify_files(Path(partial))
        kind = MODEL if read_settings(Path(partial)).onnx is None else EXPORTED_MODEL
        with atomic_folder(folder, kind, overwrite=overwrite) as new:
            for path in sorted(Path(partial).iterdir()):
                path.rename(new / path.name)
    return PullReport(folder, repo, found.revision)


def pull_corpus(
    repo: str,
    output: Path | str,
    split: str = "train",
    revision: str | None = None,
    *,
    overwrite: bool = False,
) -> PullReport:
    """Download a split of a data set that `push_corpus` wrote, and check its records.

    Args:
        repo: ``user/name``.
        output: the JSONL file to write.
        split: name of the split.
        revision: branch, tag or commit; None: the newest.
        overwrite: replace an existing file.

    Raises:
        ConfigError: huggingface_hub is not installed, or ``HF_HUB_OFFLINE`` is set.
        DataError: the file exists already, or holds no documents of Vermeil.
        HubError: the Hub cannot be reached, or there is no such data set or split.
    """
    output, name = Path(output), f"{split}.jsonl"
    check_hub_id(repo)
    check_file(output, overwrite=overwrite)
    found = get_repo(open_client(WHAT), repo, "dataset", revision)
    if name not in found.files:
        splits = ", ".join(sorted(f[:-6] for f in found.files if f.endswith(".jsonl"))) or "none"
        raise HubError(f"{repo}: has no split {split!r} (there are: {splits}); name one of them")
    with tempfile.TemporaryDirectory() as folder, atomic_path(output) as partial:
        download_files(found, [name], Path(folder))
        try:
            number = sum(1 for _ in read_corpus(Path(folder) / name))
        except DataError as error:
            raise DataError(f"{name} is not valid: {error.message}", repo, error.line) from error
        partial.write_bytes((Path(folder) / name).read_bytes())
    return PullReport(output, repo, found.revision, number)
