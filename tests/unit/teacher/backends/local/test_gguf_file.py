"""Search for a model, and the metadata of its file."""

from pathlib import Path

import pytest
from tests.gguf_files import SMALL, gguf_head

from vermeil.errors import ConfigError, DataError
from vermeil.teacher.backends.local.gguf_file import find_model, read_model
from vermeil.teacher.config import LocalEngineConfig, TeacherConfig


@pytest.fixture(autouse=True)
def _no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VERMEIL_GGUF", raising=False)


def teacher(model: str, folder: Path | None = None) -> TeacherConfig:
    return TeacherConfig(backend="local", model=model, local=LocalEngineConfig(folder=folder))


def write(path: Path, content: bytes | None = None) -> Path:
    path.write_bytes(gguf_head(SMALL) if content is None else content)
    return path


def test_metadata_of_a_file(tmp_path: Path) -> None:
    model = read_model(write(tmp_path / "a.gguf"))
    assert (model.name, model.architecture, model.trained_context) == ("Small", "llama", 2048)
    assert model.size == (tmp_path / "a.gguf").stat().st_size
    # 4 layers × 2 heads × (64 + 64) numbers of two bytes
    assert model.cache_per_token == 4 * 2 * 128 * 2


def test_metadata_that_is_missing_is_zero(tmp_path: Path) -> None:
    model = read_model(write(tmp_path / "a.gguf", gguf_head({"general.architecture": "new"})))
    assert (model.name, model.trained_context, model.cache_per_token) == ("", 0, 0)


def test_every_cut_of_a_head_is_an_error(tmp_path: Path) -> None:
    whole = gguf_head(SMALL)
    for length in range(len(whole) - 1):
        path = write(tmp_path / "cut.gguf", whole[:length])
        with pytest.raises(DataError, match="not a complete GGUF file"):
            read_model(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04" + b"\0" * 40,
        gguf_head(SMALL, version=1),
        gguf_head(SMALL)[:16] + b"\xff" * 99,
    ],
    ids=["empty", "another format", "another version", "absurd sizes"],
)
def test_other_content_is_an_error(content: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "a.gguf", content)
    with pytest.raises(DataError, match=r"a\.gguf: not a complete GGUF file"):
        read_model(path)


def test_relative_path_is_below_the_folder_of_the_configuration(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gguf")
    assert find_model(teacher("a.gguf", tmp_path)) == path
    assert find_model(teacher(str(path))) == path


def test_folder_of_the_environment_comes_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    monkeypatch.setenv("VERMEIL_GGUF", str(second))
    path = write(second / "a.gguf")
    assert find_model(teacher("a.gguf", first)) == path
    nearer = write(first / "a.gguf")
    assert find_model(teacher("a.gguf", first)) == nearer


def test_missing_file_is_an_error_with_the_command_that_lists_models(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="vermeil local list") as caught:
        find_model(teacher("a.gguf", tmp_path))
    assert str(tmp_path / "a.gguf") in str(caught.value)


def test_home_of_an_unknown_user_is_an_error() -> None:
    with pytest.raises(ConfigError, match="write the whole path"):
        find_model(teacher("~no-such-user-here/a.gguf"))


def test_folder_with_one_model_is_that_model(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no GGUF file"):
        find_model(teacher(str(tmp_path)))
    path = write(tmp_path / "a.gguf")
    (tmp_path / "README.md").write_text("a model")
    assert find_model(teacher(str(tmp_path))) == path
    write(tmp_path / "b.gguf")
    with pytest.raises(ConfigError, match=r"2 GGUF files \(a.gguf, b.gguf\); name one"):
        find_model(teacher(str(tmp_path)))


def test_model_in_several_files_is_opened_by_its_first_one(tmp_path: Path) -> None:
    first = write(tmp_path / "big-00001-of-00002.gguf")
    write(tmp_path / "big-00002-of-00002.gguf", b"x" * 1000)
    write(tmp_path / "big-00001-of-00003.gguf.part", b"x" * 7)
    assert find_model(teacher(str(tmp_path))) == first
    assert read_model(first).size == first.stat().st_size + 1000
