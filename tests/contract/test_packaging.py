import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "vermeil"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    built = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    return zipfile.ZipFile(built)


def test_wheel_holds_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    expected = {
        f"vermeil/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert {"vermeil/py.typed", "vermeil/demo/newswire/pool.jsonl"} <= expected
    assert expected <= set(wheel.namelist())


def test_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"vermeil"}


def test_wheel_carries_its_licence(wheel: zipfile.ZipFile) -> None:
    metadata = Parser().parsestr(_member(wheel, "METADATA"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Apache License" in _member(wheel, "licenses/LICENSE")


def test_base_package_needs_no_torch(wheel: zipfile.ZipFile) -> None:
    metadata = Parser().parsestr(_member(wheel, "METADATA"))
    needs = metadata.get_all("Requires-Dist", [])
    base = [need for need in needs if "extra ==" not in need]
    assert base
    assert not [need for need in base if need.startswith(("torch", "transformers"))]


def _member(wheel: zipfile.ZipFile, suffix: str) -> str:
    name = next(name for name in wheel.namelist() if name.endswith(suffix))
    return wheel.read(name).decode()
