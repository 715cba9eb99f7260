"""Contents of ``results.json``: the tree of a study's results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import ConfigDict

from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.context import AgreementRow, ExampleRecord, TeacherRow
from vermeil.studies.results.frontier import FrontierRecord
from vermeil.studies.results.statistics import (
    ComparisonRow,
    Finding,
    LeakCounts,
    MechanismRow,
    SummaryRow,
    UnfinishedRow,
)
from vermeil.studies.results.values import STRICT, JsonObject

RESULTS_VERSION: Literal[2] = 2
"""Version of ``results.json``. Records without a version are of version 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResults:
    """Results of a study; every part but ``cells`` may be empty.

    Args:
        version: version of the record.
        cells: finished cells, in the order of the tables.
        summary: one row per block and regimen.
        comparisons: paired comparisons of regimens.
        unfinished: regimens whose students have not finished learning.
        mechanism: observations of training, one row per block and regimen.
        frontier: cost frontier; None if the study has too few data sizes.
        examples: test documents with their annotations.
        environment: software versions and machine.
        corpora: statistics of each corpus.
        leaks: shared texts of each pair of splits; None if leaks were not checked.
        configuration: the resolved configuration.
        teacher: scores of the teacher's prompts.
        agreement: agreement of pairs of prompts.
        advice: the regimen that suits the teacher's F1 on gold; empty if it is not known.
        findings: the findings as sentences.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    version: Literal[2] = RESULTS_VERSION
    cells: tuple[CellResult, ...]
    summary: tuple[SummaryRow, ...] = ()
    comparisons: tuple[ComparisonRow, ...] = ()
    unfinished: tuple[UnfinishedRow, ...] = ()
    mechanism: tuple[MechanismRow, ...] = ()
    frontier: FrontierRecord | None = None
    examples: tuple[ExampleRecord, ...] = ()
    environment: Mapping[str, str | int] = field(default_factory=dict)
    corpora: Mapping[str, JsonObject] = field(default_factory=dict)
    leaks: Mapping[str, LeakCounts] | None = None
    configuration: JsonObject = field(default_factory=dict)
    teacher: tuple[TeacherRow, ...] = ()
    agreement: tuple[AgreementRow, ...] = ()
    advice: str = ""
    findings: tuple[Finding, ...] = ()
