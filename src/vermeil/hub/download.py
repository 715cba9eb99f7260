"""Download of single files and of models from the Hub."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vermeil.data.progress import Progress, silent
from vermeil.data.sha256 import sha256_of
from vermeil.errors import DataError, HubError
from vermeil.hub.client import RemoteRepo, check_hub_id, get_repo, hub_errors, open_client

PARTIAL_FOLDER = ".vermeil-download"
"""Folder beside a file that is being downloaded; an interrupted download continues from it."""


def download_file(
    repo: str, file: str, sha256: str, folder: Path, progress: Progress = silent
) -> Path:
    """Download a file of a model on the Hub, and check it.

    A file that is there already and has this SHA-256 is not downloaded again. An interrupted
    download continues.

    Args:
        repo: ``user/name``.
        file: path of the file in the repository.
        sha256: expected SHA-256 in hexadecimal digits, or its beginning; empty: not checked.
        folder: where the file is written, under its last name.
        progress: called with the bytes that have arrived.

    Returns:
        The path of the file.

    Raises:
        ConfigError: huggingface_hub is not installed, or ``HF_HUB_OFFLINE`` is set.
        DataError: another file has this name, or the downloaded file has another SHA-256.
        HubError: the Hub cannot be reached, or has no such file.
    """
    check_hub_id(repo)
    target = folder / Path(file).name
    if target.exists():
        _check_sha256(target, sha256, "move it away to download it")
        return target
    api = open_client("vermeil local get")
    found = get_repo(api, repo, "model")
    if file not in found.files:
        raise HubError(f"{repo}: has no file {file}")
    partial = folder / PARTIAL_FOLDER
    partial.mkdir(parents=True, exist_ok=True)
    path = _fetch(api, found, file, partial, progress)
    try:
        _check_sha256(path, sha256, "it was deleted; download it again")
    except DataError:
        path.unlink()
        raise
    path.replace(target)
    shutil.rmtree(partial)
    return target


def download_files(
    repo: RemoteRepo, names: Iterable[str], folder: Path, progress: Progress = silent
) -> None:
    """Download files of a repository into a folder, under their paths.

    Args:
        repo: the repository, with the commit whose files are wanted.
        names: paths of the files.
        folder: an existing folder.
        progress: called after every file.

    Raises:
        HubError: the Hub cannot be reached, or refuses a request.
    """
    api, wanted = open_client("vermeil pull"), list(names)
    cache = folder / PARTIAL_FOLDER
    for done, name in enumerate(wanted):
        progress("download", done, len(wanted), {"file": name})
        path = _fetch(api, repo, name, cache, silent)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    shutil.rmtree(cache, ignore_errors=True)
    progress("download", len(wanted), len(wanted), {})


def cached_files(
    name: str, revision: str | None, files: Iterable[str], *, offline: bool = False
) -> Path:
    """Return a folder of the Hub's own cache with files of a model; downloads missing ones.

    Args:
        name: ``user/name``.
        revision: branch, tag or commit; None: the newest.
        files: paths of the files.
        offline: send nothing; the files must be there from an earlier download.

    Raises:
        HubError: the Hub cannot be reached or refuses a request, or files are not there.
    """
    from huggingface_hub import snapshot_download

    with hub_errors(name):
        folder = snapshot_download(
            name,
            revision=revision,
            allow_patterns=list(files),
            local_files_only=offline,
            tqdm_class=_progress_bar(silent),
        )
    return Path(folder)


def _fetch(api: Any, repo: RemoteRepo, name: str, folder: Path, progress: Progress) -> Path:
    with hub_errors(repo.name):
        path = api.hf_hub_download(
            repo.name,
            name,
            repo_type=repo.kind,
            revision=repo.revision,
            local_dir=folder,
            tqdm_class=_progress_bar(progress),
        )
    return Path(path)


def _check_sha256(path: Path, expected: str, remedy: str) -> None:
    actual = sha256_of(path)
    if not actual.startswith(expected.lower()):
        raise DataError(
            f"has another content (sha256 {actual[:12]}…, expected {expected[:12]}…); {remedy}",
            path,
        )


def _progress_bar(progress: Progress) -> Any:
    """Return a class for the Hub's client that reports bytes to a callback and shows no bar."""
    from huggingface_hub import utils

    tqdm: Any = utils.tqdm  # type: ignore[attr-defined]

    class ProgressBar(tqdm):  # type: ignore[misc]
        """A bar of tqdm that draws nothing."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._bytes, self._total = int(kwargs.get("initial") or 0), kwargs.get("total")
            kwargs["disable"] = True
            super().__init__(*args, **kwargs)

        def update(self, n: float | None = 1) -> bool | None:
            """Report ``n`` further bytes."""
            self._bytes += int(n or 0)
            progress("download", self._bytes, self._total, {})
            return None

    return ProgressBar
