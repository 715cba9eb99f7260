"""Models on the Hub: which of their files a student needs, and where they are on this machine."""

from __future__ import annotations

import json
from pathlib import Path

from vermeil.data.progress import Progress, silent
from vermeil.data.written import RECORD
from vermeil.errors import ConfigError, DataError, HubError
from vermeil.hub.client import RemoteRepo, check_hub_id, get_repo, is_hub_id, open_client
from vermeil.hub.download import cached_files, download_files
from vermeil.optional import missing_modules

SETTINGS = "vermeil.json"


def model_folder(name: str, revision: str | None = None) -> Path:
    """Return the folder of a model: a folder of this machine, or the copy of one on the Hub.

    A name that is no folder but has the form ``user/name`` is a repository of the Hub. If the Hub
    cannot be reached, an earlier copy in its cache is used.

    Args:
        name: folder, or ``user/name``.
        revision: branch, tag or commit on the Hub; None: the newest.

    Raises:
        ConfigError: huggingface_hub is not installed.
        DataError: the repository holds no student.
        HubError: the repository does not exist, or the Hub cannot be reached and there is no copy.
    """
    folder = Path(name)
    # A folder "models" of this machine means that "models/new" is a path that was mistyped.
    if folder.exists() or not is_hub_id(name) or folder.parent.is_dir():
        return folder
    try:
        repo = get_repo(open_client(f"the model {name}"), name, "model", revision)
    except (HubError, ConfigError) as error:
        if (copy := _earlier_copy(name, revision)) is not None:
            return copy
        raise type(error)(f"there is no folder {name}; as a model of the Hub: {error}") from error
    first = cached_files(name, revision, [n for n in (RECORD, SETTINGS) if n in repo.files])
    return cached_files(name, revision, _files_of_model(name, first))


def download_model(
    name: str, folder: Path, revision: str | None = None, progress: Progress = silent
) -> RemoteRepo:
    """Download the files of a student into an empty folder; other files are not downloaded.

    Args:
        name: ``user/name``.
        folder: an existing empty folder.
        revision: branch, tag or commit; None: the newest.
        progress: called after every file.

    Raises:
        ConfigError: huggingface_hub is not installed, or ``name`` has another form.
        DataError: the repository holds no student.
        HubError: the repository does not exist, or the Hub cannot be reached.
    """
    check_hub_id(name)
    repo = get_repo(open_client("vermeil pull"), name, "model", revision)
    download_files(repo, [n for n in (RECORD, SETTINGS) if n in repo.files], folder)
    names = [n for n in _files_of_model(name, folder) if n in repo.files]
    download_files(repo, [n for n in names if not (folder / n).exists()], folder, progress)
    return repo


def _files_of_model(name: str, folder: Path) -> list[str]:
    """Return the files of a student by the record in a folder, which was downloaded first."""
    if not (folder / SETTINGS).is_file():
        raise DataError(
            f"is not a student of Vermeil (no {SETTINGS}); name a repository that vermeil push "
            "wrote",
            name,
        )
    try:
        recorded = json.loads((folder / RECORD).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"has no valid {RECORD}; push the model again", name) from error
    files = [file for file in recorded if isinstance(file, str) and _is_plain(file)]
    return [RECORD, *files]


def _is_plain(file: str) -> bool:
    """Return whether a path stays in its folder and is no pattern."""
    path = Path(file)
    return not path.is_absolute() and ".." not in path.parts and not set(file) & set("*?[")


def _earlier_copy(name: str, revision: str | None) -> Path | None:
    """Return the folder of an earlier download; None if there is none."""
    if missing_modules("hub"):
        return None
    try:
        first = cached_files(name, revision, [RECORD, SETTINGS], offline=True)
        return cached_files(name, revision, _files_of_model(name, first), offline=True)
    except (HubError, DataError):
        return None
