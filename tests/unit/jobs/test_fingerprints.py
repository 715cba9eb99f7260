from pathlib import Path

from vermeil.jobs.fingerprints import StageLog, digest_file


def test_a_stage_stands_only_when_done_there_and_unchanged(tmp_path: Path) -> None:
    log, product = StageLog(tmp_path), tmp_path / "silver.jsonl"
    inputs = {"[task]": "1", "corpora.pool": "2"}
    assert log.why_stale("locate", inputs, [product]) == "not done yet"
    log.record("locate", inputs)
    assert log.why_stale("locate", inputs, [product]) == "silver.jsonl missing"
    product.touch()
    assert log.why_stale("locate", inputs, [product]) is None
    changed = {**inputs, "corpora.pool": "3"}
    assert log.why_stale("locate", changed, [product]) == "corpora.pool changed"
    assert log.why_stale("locate", {"[task]": "1"}, [product]) == "corpora.pool changed"
    log.forget("locate")
    assert log.why_stale("locate", inputs, [product]) == "not done yet"


def test_stages_are_remembered_apart(tmp_path: Path) -> None:
    StageLog(tmp_path).record("annotate", {"a": "1"})
    StageLog(tmp_path).record("locate", {"b": "2"})
    StageLog(tmp_path).forget("locate")
    assert StageLog(tmp_path).why_stale("annotate", {"a": "1"}, []) is None


def test_a_damaged_log_means_that_nothing_stands(tmp_path: Path) -> None:
    for damaged in ("{", "[]"):
        (tmp_path / "stages.json").write_text(damaged)
        assert StageLog(tmp_path).why_stale("train", {}, []) == "not done yet"


def test_the_digest_of_a_folder_covers_names_and_contents_of_its_files(tmp_path: Path) -> None:
    model = tmp_path / "model"
    assert digest_file(model) == ""
    (model / "sub").mkdir(parents=True)
    (model / "sub" / "a").write_text("x")
    first = digest_file(model)
    (model / "sub" / "a").rename(model / "sub" / "b")
    second = digest_file(model)
    (model / "sub" / "b").write_text("y")
    assert len({first, second, digest_file(model)}) == 3
    assert digest_file(model / "sub" / "b") != first
