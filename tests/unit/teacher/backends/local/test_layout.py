"""Division of the machine among engine processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.gguf_files import SMALL, gguf_head

from vermeil.teacher.backends.local.gguf_file import GgufModel, read_model
from vermeil.teacher.backends.local.layout import (
    EngineLayout,
    free_memory,
    possible_layouts,
    usable_cores,
)
from vermeil.teacher.config import LocalEngineConfig, TeacherConfig


@pytest.fixture
def model(tmp_path: Path) -> GgufModel:
    path = tmp_path / "a.gguf"
    path.write_bytes(gguf_head(SMALL))
    return read_model(path)


def layouts(
    model: GgufModel, cores: int, memory: int | None = None, **local: int
) -> tuple[EngineLayout, ...]:
    config = TeacherConfig(backend="local", local=LocalEngineConfig.model_validate(local))
    return possible_layouts(config, model, cores, memory)


def test_processes_of_one_slot_are_compared_with_one_process(model: GgufModel) -> None:
    assert layouts(model, 4) == (EngineLayout(4, 1, 1, 2048), EngineLayout(1, 4, 4, 2048))


def test_one_core_has_one_layout(model: GgufModel) -> None:
    assert layouts(model, 1) == (EngineLayout(1, 1, 1, 2048),)


def test_slots_do_not_exceed_the_concurrency_and_all_cores_work(model: GgufModel) -> None:
    assert layouts(model, 64) == (EngineLayout(8, 1, 8, 2048), EngineLayout(1, 8, 64, 2048))


def test_context_is_limited_by_the_model(model: GgufModel) -> None:
    assert {layout.context for layout in layouts(model, 2, context=1024)} == {1024}
    assert {layout.context for layout in layouts(model, 2, context=99_999)} == {2048}


def test_layout_that_does_not_fit_is_left_out(model: GgufModel) -> None:
    together, apart = EngineLayout(1, 2, 2, 2048), EngineLayout(2, 1, 1, 2048)
    assert apart.memory(model) == together.memory(model) + model.size
    memory = round(together.memory(model) / 0.8) + 1
    assert layouts(model, 2, memory) == (together,)
    assert layouts(model, 2, 2 * memory) == (apart, together)
    assert layouts(model, 2, 0) == (EngineLayout(1, 1, 2, 2048),)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ({"processes": 2}, (2, 2, 2)),
        ({"processes": 4, "threads": 3}, (4, 1, 3)),
        ({"processes": 1, "slots": 3, "threads": 1}, (1, 3, 1)),
        ({"processes": 2, "slots": 6}, (2, 3, 2)),
        ({"processes": 8}, (8, 1, 1)),
    ],
)
def test_settings_replace_the_measurement(
    local: dict[str, int], expected: tuple[int, ...], model: GgufModel
) -> None:
    (layout,) = layouts(model, 4, **local)
    assert (layout.processes, layout.slots, layout.threads) == expected


def test_this_machine_has_cores_and_memory() -> None:
    assert usable_cores() >= 1
    memory = free_memory()
    assert memory is None or memory > 1 << 20
