"""Every shell command on a page is run by a test of pages, or has a reason why it is not."""

from __future__ import annotations

import re

from tests.e2e.pages.documented import NOT_RUN, PAGES, commands, name_of, reason
from tests.e2e.pages.test_pages import BEFORE, GIVEN, OWN_CONFIGURATION, RUN, WITH_MODEL

EVERY = [command for page in PAGES for command in commands(page)]
VERBS_ON_PAGES = 18


def test_most_commands_are_run() -> None:
    run = {command for command in EVERY if reason(command) is None}
    assert len(run) > 70
    assert len({command.split()[1] for command in run if command.startswith("vermeil ")}) >= (
        VERBS_ON_PAGES
    )


def test_every_command_that_is_not_run_has_one_reason() -> None:
    for command in EVERY:
        patterns = [pattern for pattern in NOT_RUN if re.fullmatch(pattern, command)]
        assert len(patterns) <= 1, command
    assert all(len(why) > 20 for why in NOT_RUN.values())


def test_every_reason_is_needed() -> None:
    assert [one for one in NOT_RUN if not any(re.fullmatch(one, c) for c in EVERY)] == []


def test_steps_between_commands_belong_to_pages() -> None:
    pages = {page.stem: page for page in RUN}
    for name, start in BEFORE:
        assert any(command.startswith(start) for command in commands(pages[name])), (name, start)
    assert {*GIVEN, *WITH_MODEL, *OWN_CONFIGURATION} <= set(pages)


def test_reasons_name_tests_that_exist() -> None:
    root = PAGES[0].parent
    for why in NOT_RUN.values():
        for path in re.findall(r"tests/[\w/.]+", why):
            assert (root / path.rstrip(".")).exists(), path
    assert name_of(PAGES[0]) == "README.md"
