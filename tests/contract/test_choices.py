"""Every choice that a configuration can name has one complete entry in its table."""

from typing import get_args

from vermeil.blending.config import RegimenName, ScheduleName
from vermeil.blending.regimens import REGIMENS
from vermeil.blending.schedules import SCHEDULES
from vermeil.prompting.config import OptimiserName
from vermeil.prompting.optimisers import OPTIMISERS
from vermeil.refinement.scorers.registry import SCORERS
from vermeil.selection.config import SelectionConfig
from vermeil.selection.ranking.config import StrategyName
from vermeil.selection.ranking.strategies import STRATEGIES
from vermeil.studies.cells.regimens import KNOWN_REGIMENS
from vermeil.studies.format import REGIMEN_MEANINGS, REGIMEN_NAMES
from vermeil.teacher.backends.local.engines import ENGINES
from vermeil.teacher.backends.registry import BACKENDS
from vermeil.teacher.backends.structured_output import SCHEMA_FIELDS
from vermeil.teacher.config import BackendName, EngineName, Structured, TeacherConfig


def test_configuration_names_every_schedule_and_no_other() -> None:
    assert set(get_args(ScheduleName)) == set(SCHEDULES)


def test_configuration_names_every_regimen_and_no_other() -> None:
    assert set(get_args(RegimenName)) == set(REGIMENS)


def test_every_regimen_of_a_study_has_a_title_and_a_meaning() -> None:
    assert set(KNOWN_REGIMENS) <= set(REGIMEN_NAMES) == set(REGIMEN_MEANINGS)
    assert len(set(REGIMEN_NAMES.values())) == len(REGIMEN_NAMES)
    assert all(REGIMEN_MEANINGS.values())


def test_configuration_names_every_strategy_of_ranking_and_no_other() -> None:
    assert set(get_args(StrategyName)) == set(STRATEGIES)


def test_selection_section_switches_on_every_auxiliary_scorer() -> None:
    default = SelectionConfig()
    for name, spec in SCORERS.items():
        assert SelectionConfig.model_fields[name].annotation is bool
        assert not spec.enabled(default)
        assert spec.enabled(default.model_copy(update={name: True}))


def test_configuration_names_every_backend_and_no_other() -> None:
    assert set(get_args(BackendName)) == set(BACKENDS)
    variables = {name: TeacherConfig(backend=name).key_variable for name in BACKENDS}
    assert variables == {
        "openai": "OPENAI_API_KEY",
        "anthropic": "ANTHROPIC_API_KEY",
        "local": "LOCAL_API_KEY",
        "gliner": "GLINER_API_KEY",
    }


def test_configuration_names_every_engine_and_no_other() -> None:
    assert set(get_args(EngineName)) == set(ENGINES)


def test_configuration_names_every_form_of_a_schema_and_no_other() -> None:
    assert set(get_args(Structured)) == {"off", *SCHEMA_FIELDS}


def test_configuration_names_every_optimiser_and_no_other() -> None:
    assert set(get_args(OptimiserName)) == set(OPTIMISERS)
