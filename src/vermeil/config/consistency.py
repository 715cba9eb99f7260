"""Checks across several keys of the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vermeil.errors import did_you_mean
from vermeil.section import Section
from vermeil.student.config import StudentConfig
from vermeil.studies.cells.regimens import KNOWN_REGIMENS, PROMPT_SIGN, with_prompts
from vermeil.studies.config import StudyConfig


def cross_checks(sections: Mapping[str, Section]) -> Iterator[str]:
    """Yield a problem for each inconsistency between keys.

    Args:
        sections: name to validated section; invalid sections are missing.
    """
    study, student = sections.get("study"), sections.get("student")
    if isinstance(study, StudyConfig):
        yield from _study_problems(study)
    if isinstance(student, StudentConfig) and student.overlap * 2 > student.max_wordpieces:
        yield (
            f"student.overlap: expected at most half of student.max_wordpieces "
            f"({student.max_wordpieces}), found {student.overlap}"
        )


def _study_problems(study: StudyConfig) -> Iterator[str]:
    plain = [*KNOWN_REGIMENS, *study.variants]
    known = [
        *plain,
        *(f"{name}{PROMPT_SIGN}{prompt}" for prompt in study.prompts for name in plain),
    ]
    for i, name in enumerate(study.regimens):
        if name not in known:
            hint = did_you_mean(name, known)
            yield f"study.regimens.{i}: expected one of {', '.join(plain)}, found {name!r}{hint}"
    for name in study.variants:
        if name in KNOWN_REGIMENS:
            yield f"study.variants.{name}: this is the name of a regimen; choose another name"
        if PROMPT_SIGN in name:
            yield f"study.variants.{name}: a name must not contain {PROMPT_SIGN}"
    for name in study.prompts:
        if PROMPT_SIGN in name or not name.strip():
            yield f"study.prompts.{name}: a name must not be empty or contain {PROMPT_SIGN}"
    regimens = with_prompts(study.regimens, study.prompts, study.variants)
    if study.baseline not in regimens:
        yield (
            f"study.baseline: expected one of study.regimens ({', '.join(regimens)}), "
            f"found {study.baseline!r}"
        )
