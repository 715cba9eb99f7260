"""Errors and warnings about the results of annotate and locate: too few replies are usable."""

from __future__ import annotations

from vermeil.errors import DataError, TeacherError
from vermeil.pipeline.stage import Report
from vermeil.teacher.usability import Usability

_KEPT = "replies that were received stay stored"


def annotate_error(report: Report) -> TeacherError | None:
    """Return the error of ``annotate`` if no request has a usable reply; else None."""
    usability = Usability.from_dict(report)
    if not usability.is_nothing_usable:
        return None
    lines = [usability.describe("requests"), *report.get("warnings", ()), _KEPT]
    return TeacherError("\n".join(lines))


def annotate_warning(report: Report) -> str | None:
    """Return in words how many requests have no usable reply, and the report's warnings.

    None: all requests have a usable reply, and there is no warning.
    """
    parts = [_warning(Usability.from_dict(report), "requests")]
    if "verify" in report:
        parts.append(_warning(Usability.from_dict(report["verify"]), "verification requests"))
    parts += report.get("warnings", ())
    for label, one in report.get("added_labels", {}).items():
        warning = annotate_warning(one)
        parts += [] if warning is None else [f"label {label}: {warning}"]
    return "; ".join(part for part in parts if part) or None


def locate_error(report: Report) -> DataError | None:
    """Return the error of ``locate`` if no document has a usable reply; else None."""
    usability = Usability.from_dict(report)
    if not usability.is_nothing_usable:
        return None
    return DataError(f"{usability.describe('documents')}\n{_KEPT}")


def locate_warning(report: Report) -> str | None:
    """Return in words how many documents have no usable reply; None if all have one."""
    parts = [_warning(Usability.from_dict(report), "documents")]
    for label, one in report.get("added_labels", {}).items():
        warning = locate_warning(one)
        parts += [] if warning is None else [f"label {label}: {warning}"]
    return "; ".join(part for part in parts if part) or None


def _warning(usability: Usability, units: str) -> str | None:
    if not usability.unusable:
        return None
    return "; ".join(usability.describe(units).splitlines())
