from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vermeil.data.atomic import atomic_folder, remove_written, replace_folder
from vermeil.data.results_folder import check_results, record_results
from vermeil.data.written import (
    RECORD,
    check_file,
    check_folder,
    files_in,
    format_names,
    read_record,
)
from vermeil.errors import DataError


def write(path: Path, *names: str, kind: str | None = "model", overwrite: bool = False) -> None:
    with atomic_folder(path, kind, overwrite=overwrite) as folder:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"{kind} {name}")


def tree(folder: Path) -> list[str]:
    return sorted(name for name in files_in(folder) if name != RECORD)


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    write(tmp_path / "model", "a", "sub/b")
    assert tree(tmp_path / "model") == ["a", "sub/b"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_other_files_is_refused_by_their_names(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "main.py").write_text("pass")
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    with pytest.raises(DataError, match=r"did not write \(Dockerfile, src/\)") as caught:
        write(tmp_path, "a", overwrite=overwrite)
    assert caught.value.path == tmp_path
    assert tree(tmp_path) == ["Dockerfile", "src/deep/main.py"]


def test_a_folder_is_refused_before_it_is_filled(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(DataError), atomic_folder(tmp_path, "model"):
        pytest.fail("the folder was given")


@pytest.mark.parametrize("overwrite", [False, True])
def test_files_of_the_user_stay_beside_a_new_result(tmp_path: Path, overwrite: bool) -> None:
    path = tmp_path / "model"
    write(path, "old", "sub/old", "same")
    (path / "sub" / "mine").write_text("mine")
    (path / "Dockerfile").write_text("FROM scratch")
    (path / "empty").mkdir()
    write(path, "same", "new", overwrite=overwrite)
    assert tree(path) == ["Dockerfile", "empty/", "new", "same", "sub/mine"]
    assert (path / "Dockerfile").read_text() == "FROM scratch"
    assert (path / "sub" / "mine").read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("mine", "new"), [("x", "x"), ("x/y", "x"), ("x", "x/y")])
def test_a_file_of_the_user_in_the_way_of_a_new_one_is_refused(
    tmp_path: Path, mine: str, new: str
) -> None:
    path = tmp_path / "model"
    write(path, "old")
    (path / mine).parent.mkdir(exist_ok=True)
    (path / mine).write_text("mine")
    with pytest.raises(DataError, match=r"did not write.*\(x/?\); move them away"):
        write(path, new, overwrite=True)
    assert tree(path) == sorted([mine, "old"])
    assert (path / mine).read_text() == "mine"


def test_a_result_of_another_kind_is_replaced_only_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "model"
    write(path, "weights")
    (path / "notes").touch()
    with pytest.raises(DataError, match=r"another kind \(model, not exported model\).*--overwrite"):
        write(path, "graph", kind="exported model")
    assert tree(path) == ["notes", "weights"]
    write(path, "graph", kind="exported model", overwrite=True)
    assert tree(path) == ["graph", "notes"]


def test_a_file_where_a_folder_is_expected_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(DataError, match="is a file; name a folder"):
            write(path, "a", overwrite=overwrite)
    assert path.read_text() == "mine"


def test_a_link_to_a_folder_is_refused_and_what_it_points_to_stays(tmp_path: Path) -> None:
    write(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    with pytest.raises(DataError, match="is a symbolic link"):
        write(tmp_path / "link", "new", overwrite=True)
    assert tree(tmp_path / "real") == ["old"]
    assert (tmp_path / "link").is_symlink()


def test_a_link_in_a_folder_is_kept_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "old").write_text("precious")
    write(tmp_path / "model", "sub/old")
    (tmp_path / "model" / "sub" / "old").unlink()
    (tmp_path / "model" / "sub").rmdir()
    (tmp_path / "model" / "sub").symlink_to(tmp_path / "data", target_is_directory=True)
    write(tmp_path / "model", "new")
    assert (tmp_path / "data" / "old").read_text() == "precious"
    assert tree(tmp_path / "model") == ["new", "sub"]


@pytest.mark.parametrize("record", ["", "[]", '{"kind": "model"}', '{"files": 3, "kind": "model"}'])
def test_a_damaged_record_protects_everything(tmp_path: Path, record: str) -> None:
    write(tmp_path / "model", "a")
    (tmp_path / "model" / RECORD).write_text(record)
    with pytest.raises(DataError, match="did not write"):
        write(tmp_path / "model", "a", overwrite=True)
    assert tree(tmp_path / "model") == ["a"]


def test_names_in_a_record_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    path, outside = tmp_path / "model", tmp_path / "outside"
    outside.write_text("mine")
    write(path, "a")
    names = ["a", "../outside", str(outside)]
    (path / RECORD).write_text(json.dumps({"kind": "model", "files": names}))
    write(path, "b")
    assert outside.read_text() == "mine"
    assert tree(path) == ["b"]


@pytest.mark.parametrize(("more", "kind"), [({}, "model"), ({"onnx": {}}, "exported model")])
def test_a_model_from_before_there_were_records_is_recognised(
    tmp_path: Path, more: dict[str, dict[str, Any]], kind: str
) -> None:
    settings = {"format": 1, "task": {}, "student": {}, **more}
    (tmp_path / "vermeil.json").write_text(json.dumps(settings))
    (tmp_path / "config.json").touch()
    (tmp_path / "notes").touch()
    write(tmp_path, "new", kind=kind)
    assert tree(tmp_path) == ["new", "notes"]


def test_a_folder_without_a_kind_replaces_nothing(tmp_path: Path) -> None:
    write(tmp_path / "corpus", "a", kind=None)
    assert [p.name for p in (tmp_path / "corpus").iterdir()] == ["a"]
    with pytest.raises(DataError, match="exists already"):
        write(tmp_path / "corpus", "a", kind=None, overwrite=True)


def test_a_finished_folder_replaces_an_earlier_one(tmp_path: Path) -> None:
    write(tmp_path / "kept", "old")
    (tmp_path / "kept" / "mine").touch()
    write(tmp_path / "candidate", "new")
    replace_folder(tmp_path / "candidate", tmp_path / "kept", "model")
    assert tree(tmp_path / "kept") == ["mine", "new"]
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "mine").touch()
    with pytest.raises(DataError, match="did not write"):
        replace_folder(tmp_path / "kept", tmp_path / "user", "model")


def test_what_was_written_is_deleted_and_the_rest_stays(tmp_path: Path) -> None:
    write(tmp_path / "a", "x", "sub/y")
    assert remove_written(tmp_path / "a") == []
    assert not (tmp_path / "a").exists()
    write(tmp_path / "a", "x", "sub/y")
    (tmp_path / "a" / "sub" / "mine").touch()
    assert remove_written(tmp_path / "a") == ["sub/mine"]
    assert tree(tmp_path / "a") == ["sub/mine"]


def test_a_file_is_written_where_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (tmp_path / "new", tmp_path / "empty", Path("/dev/null")):
        check_file(path)
    (tmp_path / "full").write_text("mine")
    with pytest.raises(DataError, match=r"full: exists already; .*--overwrite"):
        check_file(tmp_path / "full")
    check_file(tmp_path / "full", overwrite=True)


@pytest.mark.parametrize("target", ["full", "nothing"])
def test_a_link_to_a_file_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "full").write_text("mine")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(DataError, match="is a symbolic link"):
        check_file(tmp_path / "link")


def test_a_folder_where_a_file_is_expected_is_refused(tmp_path: Path) -> None:
    for overwrite in (False, True):
        with pytest.raises(DataError, match="is a folder; name a file"):
            check_file(tmp_path, overwrite=overwrite)


def test_files_of_a_run_are_replaced_and_those_of_the_user_are_not(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "silver.jsonl", tmp_path / "config.toml"
    theirs.write_text("mine")
    record_results(tmp_path, [ours])
    ours.write_text("{}")
    check_results(tmp_path, [ours])
    for act in (check_results, record_results):
        with pytest.raises(DataError, match=r"config.toml: exists already.*run.output"):
            act(tmp_path, [ours, theirs])
    record_results(tmp_path, [tmp_path / "more.json"])
    check_results(tmp_path, [ours, tmp_path / "more.json"])


def test_a_run_from_before_there_were_records_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch()
    (tmp_path / "results.json").touch()
    with pytest.raises(DataError):
        check_results(tmp_path, [tmp_path / "config.toml"])
    stages = {"train": {"version of vermeil": "0.1.0"}}
    (tmp_path / "stages.json").write_text(json.dumps(stages))
    check_results(tmp_path, [tmp_path / "config.toml", tmp_path / "stages.json"])
    with pytest.raises(DataError, match=r"results\.json"):
        check_results(tmp_path, [tmp_path / "results.json"])


STUDY_FILES = ("config.toml", "results.json", "report.html", "report.md", "cells.csv", "best.json")
CELL = "0123456789abcdef01234567"


def make_older_study(folder: Path, *, finished: bool) -> None:
    (folder / "cells").mkdir()
    (folder / "cells" / f"{CELL}.json").write_text(json.dumps({"key": CELL, "seed": 0}))
    for name in STUDY_FILES:
        if finished or name in ("config.toml", "best.json"):
            (folder / name).touch()
    if finished:
        (folder / "results.json").write_text(json.dumps({"cells": [{"key": CELL}]}))


@pytest.mark.parametrize("finished", [True, False])
def test_a_study_from_before_there_were_records_is_continued(
    tmp_path: Path, finished: bool
) -> None:
    make_older_study(tmp_path, finished=finished)
    products = [tmp_path / name for name in (*STUDY_FILES, "comparisons.csv")]
    check_results(tmp_path, products)
    record_results(tmp_path, products[:1])
    check_results(tmp_path, products)
    record = read_record(tmp_path)
    assert record is not None
    assert record.kind == "results"
    assert (tmp_path / "cells" / f"{CELL}.json").exists()


@pytest.mark.parametrize("name", ["notes.md", "stages.json", "tune.json"])
def test_other_files_beside_an_older_study_are_refused(tmp_path: Path, name: str) -> None:
    make_older_study(tmp_path, finished=True)
    (tmp_path / name).write_text("{}")
    with pytest.raises(DataError, match=f"{name}: exists already"):
        record_results(tmp_path, [tmp_path / name])


@pytest.mark.parametrize(
    ("results", "cells"),
    [
        ("[]", CELL),
        ('{"cells": 1}', CELL),
        ('{"runs": []}', CELL),
        (None, "summer"),
        (None, "f" * 24),
        ('{"cells": []}', None),
    ],
)
def test_a_folder_that_only_resembles_a_study_is_refused(
    tmp_path: Path, results: str | None, cells: str | None
) -> None:
    if cells is not None:
        (tmp_path / "cells").mkdir()
        (tmp_path / "cells" / f"{cells}.json").write_text(json.dumps({"key": CELL}))
    if results is not None:
        (tmp_path / "results.json").write_text(results)
    (tmp_path / "config.toml").write_text("mine")
    with pytest.raises(DataError, match="exists already"):
        check_results(tmp_path, [tmp_path / "config.toml"])


def test_a_search_from_before_there_were_records_is_continued(tmp_path: Path) -> None:
    names = ("config.toml", "tune.json", "silver.jsonl")
    for name in names:
        (tmp_path / name).write_text("{}")
    with pytest.raises(DataError, match="exists already"):
        check_results(tmp_path, [tmp_path / "tune.json"])
    (tmp_path / "tune.json").write_text(json.dumps({"trials": []}))
    record_results(tmp_path, [tmp_path / name for name in names])
    (tmp_path / "results.json").touch()
    with pytest.raises(DataError, match=r"results\.json: exists already"):
        check_results(tmp_path, [tmp_path / "results.json"])


def test_results_are_not_written_into_a_model_folder(tmp_path: Path) -> None:
    write(tmp_path / "model", "a")
    with pytest.raises(DataError, match=r"another kind \(model\)"):
        record_results(tmp_path / "model", [tmp_path / "model" / "new"])
    check_folder(tmp_path / "model", "model")


def test_many_names_are_shortened() -> None:
    assert format_names(["a/1", "a/2", "b", "c", "d", "e", "f", "g"]) == "a/, b, c, d, e and 2 more"
