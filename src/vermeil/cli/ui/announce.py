"""Announcement of long work: trainings, expected time, and how to stop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vermeil.cli.ui.output import print_status

if TYPE_CHECKING:
    from vermeil.config import Config
    from vermeil.data.document import Document
    from vermeil.pipeline.workload import Verb
    from vermeil.prompting.config import OptimizeConfig


def announce(
    verb: Verb, sections: Config, gold: Iterable[Document], silver: Iterable[Document], quiet: bool
) -> None:
    """Write the trainings of a verb and their expected time to standard error.

    Args:
        verb: the verb, or a regimen that makes its silver.
        sections: the whole configuration.
        gold: gold documents.
        silver: silver documents.
        quiet: write nothing.
    """
    if quiet:
        return
    from vermeil.pipeline.workload import workload

    print_status(f"{verb}: {workload(verb, sections, gold, silver).describe()}")


def announce_regimen(sections: Config, quiet: bool) -> None:
    """Announce the recommended regimen, and the trainings of a regimen that makes its silver."""
    regimen = sections.blending.regimen
    gold = sections.corpora.gold
    if quiet or gold is None or regimen not in ("auto", "self_training", "recommended"):
        return
    from vermeil.corpora import read_corpus
    from vermeil.jobs.recommended import recommend
    from vermeil.pipeline.documents import silver_corpus
    from vermeil.tasks import make_task

    silver = silver_corpus(sections)
    if not silver.path.exists():
        return
    documents = list(read_corpus(gold)), list(read_corpus(silver))
    if regimen == "recommended":
        found = recommend(*documents, make_task(sections.task))
        regimen = found.regimen
        print_status(f"train: regimen {regimen}. {found.reason[0].upper()}{found.reason[1:]}")
    if regimen in ("auto", "self_training"):
        announce(regimen, sections, *documents, quiet)


def announce_requests(limits: OptimizeConfig, quiet: bool) -> None:
    """Write the limits on the requests of an optimisation to standard error.

    Args:
        limits: the section ``[optimize]``.
        quiet: write nothing.
    """
    if quiet:
        return
    calls = "any number of" if limits.max_calls is None else f"up to {limits.max_calls:,}"
    cost = "no limit" if limits.max_cost_usd is None else f"up to ${limits.max_cost_usd:,.2f}"
    print_status(
        f"optimize: {calls} requests (optimize.max_calls), cost: {cost} (optimize.max_cost_usd). "
        "No student is trained. Replies are stored and reused. Ctrl-C stops, and the same command "
        "continues"
    )
