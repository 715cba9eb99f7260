"""vermeil rank by the command line: rank, annotate the order, train, rank for a person, export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from tests.tiny import make_encoder

from vermeil.teacher.replay.server import ReplayServer


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def pool(tmp_path: Path, newswire: Path) -> Iterator[list[str]]:
    """Ids of the pool of a project with a replayed teacher."""
    for name, number in (("train", 12), ("pool", 30), ("test", 8)):
        with (newswire / f"{name}.jsonl").open(encoding="utf-8") as lines:
            (tmp_path / f"{name}.jsonl").write_text("".join(islice(lines, number)), "utf-8")
    make_encoder(tmp_path / "tiny")
    labels = "".join(f"[task.labels.{name}]\n" for name in ("PER", "ORG", "LOC", "MISC"))
    with ReplayServer({"recorded": newswire / "replies.standard.jsonl"}) as server:
        (tmp_path / "vermeil.toml").write_text(
            f"{labels}[corpora]\ngold = 'train.jsonl'\npool = 'pool.jsonl'\ntest = 'test.jsonl'\n"
            f"[teacher]\nbase_url = '{server.base_url}'\nmodel = 'recorded'\n"
            "prices = {recorded = {input = 1.0, output = 2.0}}\n"
            "[student]\nencoder = 'tiny'\nthreads = 1\n"
            "[blending]\nregimen = 'simple_mix'\n[blending.budget]\ngold_epochs = 1\n"
            "silver_epochs = 1\n[rank]\nbatch = 4\n"
        )
        yield [record["id"] for record in rows_of(tmp_path / "pool.jsonl")]


@pytest.mark.slow
def test_an_order_is_annotated_and_the_next_one_begins_after_it(
    vermeil: Any, pool: list[str], tmp_path: Path
) -> None:
    results = tmp_path / "vermeil-run"
    done = vermeil(
        "rank", "--for", "teacher", "--strategy", "diversity", "--set", "rank.max_documents=8",
        "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    order = results / "for-teacher.jsonl"
    assert Path(report["output"]) == order
    rows = rows_of(order)
    assert list(rows[0]) == ["id", "place", "value", "reason", "tokens", "usd"]
    assert [row["place"] for row in rows] == list(range(1, 9))
    assert report["documents"] == len(pool) == 8 + sum(report["left_out"].values())
    assert report["expected"]["usd"] == pytest.approx(sum(row["usd"] for row in rows), abs=1e-5)

    for verb in ("annotate", "locate"):
        done = vermeil(verb, "--order", order, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["documents"] == 8
    silver = rows_of(results / "silver.jsonl")
    assert [one["id"] for one in silver] == [row["id"] for row in rows]

    done = vermeil("rank", "--strategy", "random", "--set", "rank.max_tokens=4000", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["left_out"]["stored_reply"] == 8
    assert report["based_on_replies"] == 8
    assert report["expected"]["tokens"] <= 4000
    assert not {row["id"] for row in rows} & {row["id"] for row in rows_of(order)}


@pytest.mark.slow
def test_a_run_takes_the_order_and_a_person_reviews_the_next(
    vermeil: Any, pool: list[str], tmp_path: Path
) -> None:
    chosen = tmp_path / "chosen.txt"
    chosen.write_text("".join(f"{name}\n" for name in reversed(pool[:20])), "utf-8")
    done = vermeil("run", "--order", "chosen.txt", "--json")
    assert done.returncode == 0, done.stderr
    silver = tmp_path / "vermeil-run" / "silver.jsonl"
    assert [one["id"] for one in rows_of(silver)] == list(reversed(pool[:20]))
    done = vermeil("run", "--order", "chosen.txt")
    assert done.stderr.count("skipped") == 4
    done = vermeil("run", "--set", "corpora.test=none", "--json")
    assert "annotate: starts (rank.order changed)" in done.stderr

    for strategy in ("uncertainty", "cost_aware", "disagreement"):
        done = vermeil(
            "rank", "--for", "person", "--strategy", strategy, "--set", "rank.max_minutes=1",
            "--output", "next.jsonl", "--overwrite",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "ranked" in done.stdout
        assert "is not calibrated" in done.stderr
        rows = rows_of(tmp_path / "next.jsonl")
        assert sum(row["minutes"] for row in rows) <= 1 + 1e-4
        done = vermeil(
            "review", "export", silver, "--to", "doccano", "--output", "tasks.jsonl",
            "--ids", "next.jsonl", "--overwrite", "--json",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["exported"] == len(rows) > 0


@pytest.mark.slow
def test_mistakes_are_named_before_anything_is_sent_or_written(
    vermeil: Any, pool: list[str], tmp_path: Path
) -> None:
    (tmp_path / "unknown.txt").write_text(f"{pool[0]}\nno-such-id\n", "utf-8")
    (tmp_path / "empty.txt").write_text("\n", "utf-8")
    (tmp_path / "mine.jsonl").write_text("{}\n", "utf-8")
    cases = (
        (("annotate", "--order", "unknown.txt"), 3, "1 of 2 ids are not in corpora.pool"),
        (("annotate", "--order", "empty.txt"), 3, "empty.txt: holds no id"),
        (("annotate", "--order", "none.txt"), 3, "none.txt"),
        (("rank", "--strategy", "best"), 2, "rank.strategy"),
        (("rank", "--strategy", "disagreement"), 2, "use it for a person"),
        (("rank", "--strategy", "uncertainty"), 2, "run vermeil train first"),
        (("rank", "--for", "person", "--strategy", "expected_errors"), 3, "silver.jsonl"),
        (("rank", "--output", "mine.jsonl"), 3, "mine.jsonl"),
        (("rank", "--set", "corpora.pool=none"), 2, "corpora.pool: missing"),
    )
    for arguments, status, message in cases:
        done = vermeil(*arguments)
        assert (done.returncode, message in done.stderr) == (status, True), done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "vermeil-run" / "replies.sqlite").exists()
    assert not (tmp_path / "vermeil-run" / "for-teacher.jsonl").exists()
