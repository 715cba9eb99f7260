"""Results of `check`: one finding per check, and the counts of the corpora."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from vermeil.errors import VermeilError

Severity = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """Result of one check.

    Args:
        about: what was checked: ``corpora.gold``, ``teacher``, ….
        severity: ok, warning (a run works, but its results may suffer) or error (a run would stop).
        message: the finding and, unless ok, what to do.
        exit_code: the exit code that a run would stop with; 0 unless an error.
    """

    about: str
    severity: Severity
    message: str
    exit_code: int = 0

    @classmethod
    def from_error(cls, about: str, error: VermeilError) -> CheckFinding:
        """Return the finding of an error that a run would stop with."""
        return cls(about, "error", str(error).replace("\n", "; "), error.exit_code)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for JSON."""
        return {"about": self.about, "severity": self.severity, "message": self.message}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Results of all checks, and counts of each corpus.

    Args:
        findings: the result of every check.
        corpora: name to documents, groups, annotated documents and annotations by label.
    """

    findings: tuple[CheckFinding, ...]
    corpora: Mapping[str, Mapping[str, Any]]

    @property
    def exit_code(self) -> int:
        """Highest exit code of an error; 0 if there is no error."""
        return max((finding.exit_code for finding in self.findings), default=0)

    @property
    def summary(self) -> str:
        """Numbers of errors and warnings in words."""
        found: Counter[str] = Counter(finding.severity for finding in self.findings)
        return ", ".join(
            f"{found[kind]:,} {kind}{'' if found[kind] == 1 else 's'}"
            if found[kind]
            else f"no {kind}s"
            for kind in ("error", "warning")
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "ok": self.exit_code == 0,
            "findings": [finding.as_dict() for finding in self.findings],
            "corpora": {name: dict(counts) for name, counts in self.corpora.items()},
        }
