from __future__ import annotations

import pytest
from tests.relation_section import SECTION

from vermeil.tasks.config import TaskConfig
from vermeil.tasks.relations.task import RelationsTask


@pytest.fixture
def task() -> RelationsTask:
    return RelationsTask(TaskConfig.model_validate(SECTION))
