"""Upload of files to a repository of the Hub, in one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vermeil.errors import ConfigError, ConsentError
from vermeil.hub.client import (
    RemoteRepo,
    RepoKind,
    check_hub_id,
    find_repo,
    hub_errors,
    open_client,
)

CARD = "README.md"


@dataclass(frozen=True, slots=True)
class PushOptions:
    """Settings of an upload.

    Args:
        consent: whether the files may leave this machine.
        public: whether everyone can read a new repository; also allows an existing public one.
        overwrite: whether files of the same name in the repository may be replaced.
        message: summary of the commit.
    """

    consent: bool = False
    public: bool = False
    overwrite: bool = False
    message: str = "Upload with Vermeil"


@dataclass(frozen=True, slots=True)
class PushReport:
    """Result of an upload.

    Args:
        repo: ``user/name``.
        kind: model or dataset.
        private: whether only the owner can read the repository.
        files: path to size in bytes of every file that was sent.
        kept: files of the repository that were left as they are.
        url: address of the commit.
    """

    repo: str
    kind: RepoKind
    private: bool
    files: Mapping[str, int]
    kept: tuple[str, ...]
    url: str

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {**asdict(self), "files": dict(self.files), "kept": list(self.kept)}


def upload(
    files: Mapping[str, Path], repo: str, kind: RepoKind, options: PushOptions, what: str
) -> PushReport:
    """Send files to a repository of the Hub, in one commit. A new repository is private.

    Args:
        files: path in the repository to the file on this machine.
        repo: ``user/name``.
        kind: model or dataset.
        options: consent, visibility, and whether files are replaced.
        what: the verb, for messages.

    Raises:
        ConsentError: ``options.consent`` is false; nothing was sent.
        ConfigError: huggingface_hub is not installed, ``HF_HUB_OFFLINE`` is set, ``repo`` is not
            of the form ``user/name``, or the repository is public or holds files of these names.
        HubError: the Hub cannot be reached, or refuses a request.
    """
    check_hub_id(repo)
    sizes = {name: path.stat().st_size for name, path in files.items()}
    if not options.consent:
        listed = ", ".join(f"{name} ({size:,} bytes)" for name, size in sizes.items())
        raise ConsentError(
            f"{what} would send {len(files)} files to {repo} on the Hugging Face Hub: {listed}. "
            "Nothing was sent; allow it with --yes (in Python: consent=True)"
        )
    api = open_client(what)
    found = find_repo(api, repo, kind)
    kept = _check_existing(found, files, options)
    from huggingface_hub import CommitOperationAdd

    with hub_errors(repo):
        if found is None:
            api.create_repo(repo, repo_type=kind, private=not options.public)
        commit = api.create_commit(
            repo,
            [
                CommitOperationAdd(path_in_repo=name, path_or_fileobj=path)
                for name, path in files.items()
                if name not in kept
            ],
            commit_message=options.message,
            repo_type=kind,
            parent_commit=None if found is None else found.revision,
        )
    private = not options.public if found is None else found.private
    sent = {name: size for name, size in sizes.items() if name not in kept}
    return PushReport(repo, kind, private, sent, kept, str(commit.commit_url))


def _check_existing(
    found: RemoteRepo | None, files: Mapping[str, Path], options: PushOptions
) -> tuple[str, ...]:
    """Check an existing repository, and return the files that stay: a card that is there."""
    if found is None:
        return ()
    if not found.private and not options.public:
        raise ConfigError(
            f"{found.name}: exists and is public; name another repository, or allow it with "
            "--public (in Python: public=True)"
        )
    if options.overwrite:
        return ()
    same = sorted(name for name in files if name in found.files and name != CARD)
    if same:
        raise ConfigError(
            f"{found.name}: holds {', '.join(same)} already; name another repository, or replace "
            "them with --overwrite (in Python: overwrite=True). Earlier commits stay"
        )
    return (CARD,) if CARD in found.files and CARD in files else ()
