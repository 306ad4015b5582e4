"""Schemathesis, in-process, with a real token: every answer keeps what the document promises.

`schema.parametrize` runs the examples, coverage and fuzzing phases per operation, with valid and
invalid data and every check; the state machine follows the links between operations.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.stateful import OpenAPIStateMachine

from apiproof.environment import Environment
from apiproof.fuzzing import load_schema
from tests.service import SERVICE

SCHEMA = load_schema(SERVICE)
PROFILE = settings.default or settings()
EXAMPLES = min(PROFILE.max_examples, 1000)


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_every_answer_keeps_the_contract(case: Any, fuzzing: Environment) -> None:
    case.call_and_validate(session=fuzzing.client)


@pytest.fixture
def journeys(fuzzing: Environment) -> type[OpenAPIStateMachine]:
    class Journeys(SCHEMA.as_state_machine()):  # type: ignore[misc]  # a class made at run time
        def setup(self) -> None:
            fuzzing.reset()  # Hypothesis replays journeys: each must begin in the same environment

        def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
            return {"session": fuzzing.client}

    return Journeys


def test_every_journey_along_the_links_keeps_the_contract(
    journeys: type[OpenAPIStateMachine],
) -> None:
    journeys.run(settings=settings(PROFILE, max_examples=EXAMPLES, stateful_step_count=8))
