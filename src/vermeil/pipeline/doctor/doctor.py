"""`doctor`: what a problem report needs about this machine, its packages and a configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vermeil.config import Config
from vermeil.pipeline.check_report import CheckFinding
from vermeil.pipeline.doctor.local_models import check_local_models
from vermeil.pipeline.doctor.machine import check_disk, check_machine, check_packages
from vermeil.pipeline.doctor.project import check_encoder, check_locks, check_teacher

DoctorCheck = Callable[[Config | None], Iterator[CheckFinding]]
"""Yields findings about the machine, or about a configuration if there is one."""

DOCTOR_SECTIONS: dict[str, DoctorCheck] = {
    "machine": check_machine,
    "packages": check_packages,
    "encoder": check_encoder,
    "teacher": check_teacher,
    "local teacher": check_local_models,
    "disk": check_disk,
    "locks": check_locks,
}
"""Title of each section of the report to its check, in the order of the report."""


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """Findings of `doctor` by section.

    Args:
        sections: title to findings; `CheckFinding.message` is a value or a problem with its remedy.
    """

    sections: dict[str, tuple[CheckFinding, ...]]

    @property
    def exit_code(self) -> int:
        """Highest exit code of an error; 0 if there is no error."""
        found = (one.exit_code for findings in self.sections.values() for one in findings)
        return max(found, default=0)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "ok": self.exit_code == 0,
            "sections": {
                title: [one.as_dict() for one in findings]
                for title, findings in self.sections.items()
            },
        }


def doctor(config: Config | None = None) -> DoctorReport:
    """Examine this machine, its packages and a configuration; send no text, download nothing.

    The teacher is contacted once, without retries, if it runs on this machine or if
    ``teacher.allow_remote`` is set.

    Args:
        config: the whole configuration; None: only the machine.
    """
    return DoctorReport({title: tuple(check(config)) for title, check in DOCTOR_SECTIONS.items()})
