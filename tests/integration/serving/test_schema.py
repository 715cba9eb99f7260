"""Responses of the service conform to its OpenAPI schema for all requests."""

from __future__ import annotations

import pytest
from tests.integration.serving.conftest import Serving

schemathesis = pytest.importorskip("schemathesis")


@pytest.mark.slow
def test_every_response_conforms_to_the_schema(serving: Serving) -> None:
    import hypothesis
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    with serving() as service:
        schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
        operations = [result.ok() for result in schema.get_all_operations()]
        assert {o.path for o in operations} == {"/v1/predict", "/health", "/ready", "/metrics"}
        for operation in operations:

            @hypothesis.given(case=operation.as_strategy())
            @hypothesis.settings(
                max_examples=40, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
            )
            def conforms(case: object) -> None:
                # A schema cannot express that tokens lie within the text.
                case.call_and_validate(  # type: ignore[attr-defined]
                    excluded_checks=[positive_data_acceptance]
                )

            conforms()
