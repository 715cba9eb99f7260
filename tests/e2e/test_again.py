"""``vermeil annotate --again`` and ``vermeil replies spending`` on the command line."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.test_nothing_usable import GOOD, TEXTS, TOML
from tests.e2e.test_termination import running
from tests.integration.teacher.conftest import Answer, FaultServer, Seen
from tests.integration.teacher.conftest import server as server  # noqa: PLC0414

MORE = ("--set", "teacher.max_tokens=3000")


@pytest.fixture
def project(tmp_path: Path, server: FaultServer) -> Path:
    """A configuration with six documents; the reply to the first one is cut off."""
    toml = TOML.replace("URL", server.base_url)
    toml = toml.replace("[pilot]", "prices = {m = {input = 1.0, output = 2.0}}\n[pilot]")
    (tmp_path / "vermeil.toml").write_text(toml)
    (tmp_path / "pool.txt").write_text("".join(f"{text}\n" for text in TEXTS[:6]))

    def script(number: int, seen: Seen) -> Answer:
        is_short = seen.last_line == TEXTS[0] and seen.body["max_tokens"] < 2000
        return Answer('{"entities": [{"te', finish_reason="length") if is_short else GOOD

    server.script = script
    return tmp_path


def report_of(done: Any) -> dict[str, Any]:
    """Return the report of a verb that succeeded."""
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_only_truncated_replies_are_requested_again(
    vermeil: Any, project: Path, server: FaultServer
) -> None:
    first = vermeil("annotate", "-q", "--json")
    assert report_of(first)["states"] == {"done": 5, "truncated": 1}
    assert "then send only these again: vermeil annotate --again truncated" in first.stderr
    dry = report_of(vermeil("annotate", "--again", "truncated", "--dry-run", "--json", *MORE))
    assert dry["to_send"]["requests"] == 1
    assert 0 < dry["expected"]["cost_usd"] < dry["at_most"]["cost_usd"]

    same = vermeil("annotate", "-q", "--again", "truncated")
    assert (same.returncode, same.stdout) == (2, "")
    assert "1 requests are in these states, and with the current settings they" in same.stderr
    assert "--repeat 2" in same.stderr
    assert len(server.seen) == 6

    report = report_of(vermeil("annotate", "-q", "--again", "truncated", "--json", *MORE))
    assert (report["states"], report["asked"], report["already_stored"]) == ({"done": 6}, 1, 5)
    assert (report["again"]["asked"], report["again"]["now_usable"]) == (1, 1)
    assert server.asked[6:] == [TEXTS[0]]

    text = (project / "vermeil.toml").read_text()
    for toml in (text, text.replace("retries = 0", "retries = 0\nmax_tokens = 3000")):
        (project / "vermeil.toml").write_text(toml)
        assert report_of(vermeil("annotate", "-q", "--json"))["states"] == {"done": 6}
        assert report_of(vermeil("locate", "-q", "--json"))["states"] == {"done": 6}
    assert len(server.seen) == 7


def test_unchanged_requests_are_repeated_by_number(
    vermeil: Any, project: Path, server: FaultServer
) -> None:
    vermeil("annotate", "-q")
    server.script = lambda number, seen: GOOD
    again = ("annotate", "-q", "--json", "--again", "unplaced,truncated", "--again", "refused")
    report = report_of(vermeil(*again, "--repeat", "2"))
    assert report["states"] == {"done": 6}
    assert report["again"]["states"] == ["unplaced", "truncated", "refused"]
    listed: Any = report_of(vermeil("replies", "list", "--json"))
    assert sorted(one["sample"] for one in listed) == [0] * 6 + [1000]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--again", "late"), "again: 'late': expected one of unparsable, truncated"),
        (("--repeat", "2"), "--repeat: needs --again"),
    ],
)
def test_wrong_options_are_named(
    vermeil: Any, project: Path, options: tuple[str, ...], problem: str
) -> None:
    for dry in ((), ("--dry-run",)):
        done = vermeil("annotate", "-q", *options, *dry)
        assert done.returncode == 2
        assert problem in done.stderr


def test_without_stored_replies_there_is_nothing_to_send_again(vermeil: Any, project: Path) -> None:
    done = vermeil("annotate", "-q", "--again", "failed")
    assert done.returncode == 3
    assert "run vermeil annotate first" in done.stderr


def test_spending_names_what_is_unknown(vermeil: Any, project: Path, server: FaultServer) -> None:
    server.script = lambda number, seen: Answer(GOOD.content, stall=0.0 if number < 2 else 600)
    with running(project, "annotate", "-q", ready=lambda: len(server.seen) >= 6) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = report_of(vermeil("replies", "spending", "--json"))["unknown_charges"]
    assert left["reserved_by_ended_processes"]["requests"] >= 4
    printed = vermeil("replies", "spending").stdout
    assert "reserved by ended processes" in printed
    server.script = lambda number, seen: GOOD
    report = report_of(vermeil("annotate", "-q", "--json"))
    assert report["spent_in_all_tokens"] == 6 * 12
    assert list(report["unknown_charges"]) == ["possibly_charged_twice"]
    released = report_of(vermeil("replies", "spending", "--release", "--json"))
    assert released["released_reservations"] == 0
    assert "possibly_charged_twice" in released["unknown_charges"]
