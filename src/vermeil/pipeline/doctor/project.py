"""Checks of `doctor` about a configuration: encoder, teacher, locks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vermeil.config import Config
from vermeil.data.lock import FOLDER_LOCK
from vermeil.data.lock_owner import LockOwner
from vermeil.errors import ConsentError, VermeilError
from vermeil.optional import install_command, missing_modules
from vermeil.pipeline.check_report import CheckFinding
from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import find_encoder
from vermeil.student.network.hub_access import cached_encoder
from vermeil.teacher.address import host_of
from vermeil.teacher.backends.registry import BACKENDS, list_models
from vermeil.teacher.consent import Volume, check_consent

_NO_CONFIGURATION = "no vermeil.toml; name one with --config, or create one with vermeil init"


def check_encoder(config: Config | None) -> Iterator[CheckFinding]:
    """Yield whether the encoder is on this machine, verified, or can be loaded."""
    name = (StudentConfig() if config is None else config.student).encoder
    if missing_modules("train"):  # such a machine can annotate, evaluate and predict with ONNX
        message = f"{name}: training needs {install_command('train')}"
        yield CheckFinding("student.encoder", "warning", message)
        return
    try:
        source = find_encoder(name)
    except VermeilError as error:
        yield CheckFinding.from_error("student.encoder", error)
        return
    if Path(source).is_dir():
        yield CheckFinding("student.encoder", "ok", f"{name}: {source}, weights verified")
    else:
        place = "in the local cache" if cached_encoder(name) else "would be loaded from the Hub"
        yield CheckFinding("student.encoder", "ok", f"{name}: {place}")


def check_teacher(config: Config | None) -> Iterator[CheckFinding]:
    """Yield whether each teacher responds and has its model; one attempt each, no text is sent."""
    if config is None:
        yield CheckFinding("teacher", "ok", _NO_CONFIGURATION)
        return
    for teacher in config.teacher.all_teachers():
        about = f"teacher {teacher.model}"
        try:
            if not BACKENDS[teacher.backend].starts_server:
                check_consent(teacher, Volume(0, 0, 0))
            models = list_models(teacher)
            where = host_of(teacher.base_url)
        except ConsentError:
            message = f"{teacher.base_url} is not contacted, since teacher.allow_remote is false"
            yield CheckFinding(about, "ok", message)
        except VermeilError as error:
            yield CheckFinding.from_error(about, error)
        else:
            if models is not None and teacher.model not in models:
                message = f"{where} responds, but does not list this model"
                yield CheckFinding(about, "warning", f"{message}; it lists {', '.join(models[:5])}")
            else:
                yield CheckFinding(about, "ok", f"{where} responds")


def check_locks(config: Config | None) -> Iterator[CheckFinding]:
    """Yield the processes that write the folder of results, and locks of ended processes."""
    if config is None:
        yield CheckFinding("locks", "ok", _NO_CONFIGURATION)
        return
    folder = config.run.output
    locks = [folder / FOLDER_LOCK, *sorted(folder.glob(f"*/{FOLDER_LOCK}"))]
    found = [path for path in locks if path.exists()]
    for path in found:
        owner = LockOwner.from_json(path.read_bytes())
        if owner is None or owner.has_ended(flocked=False):
            yield CheckFinding("lock", "ok", f"{path}: left by an ended process; it is replaced")
        else:
            message = f"{path.parent}: written by {owner}; wait for it, or stop it"
            yield CheckFinding("lock", "warning", message)
    if not found:
        yield CheckFinding("locks", "ok", f"none in {folder}")
