"""Where fuzzing holds on to Schemathesis: each seam, so that an upgrade that moves one fails here.

The minor version is the one that they were proven on. Other seams have their test beside what they
are for: Hypothesis' strategies of patterns in test_pattern_cache.py, requests without a socket in
test_in_process.py, operations that are left out in test_shards.py, the report's lines in
test_step.py.
"""

import inspect
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from schemathesis.auths import GLOBAL_AUTH_STORAGE
from schemathesis.checks import CHECKS
from schemathesis.config import OperationConfig, SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import Status, events, from_schema
from schemathesis.filters import FilterSet
from schemathesis.generation import GenerationMode
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER
from schemathesis.openapi import from_asgi
from schemathesis.specs.openapi.schemas import OpenApiSchema

LABEL = "GET /drawers/{number}"


def test_schemathesis_is_the_minor_version_that_it_was_proven_on() -> None:
    assert version("schemathesis").startswith("4.32."), (
        "Run apiproof/tests/fuzzing and `nox -s verify` against this Schemathesis, look at every "
        "failure here, then move the pin in apiproof/pyproject.toml and this test."
    )


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (OperationConfig.__init__, {"filter_set", "enabled"}),
        (FilterSet.include, {"func"}),
        (CHECKS.unregister, {"name"}),
        (from_schema, {"schema"}),
        (OpenApiSchema.get_base_url, {"self"}),
    ],
    ids=lambda each: each.__qualname__ if callable(each) else "",
)
def test_arguments_are_those_that_are_handed_over(
    function: Callable[..., Any], parameters: set[str]
) -> None:
    assert parameters <= set(inspect.signature(function).parameters)


def test_what_is_registered_for_the_process_can_be_kept_and_put_back() -> None:
    assert isinstance(GLOBAL_AUTH_STORAGE.providers, list)
    hooks = GLOBAL_HOOK_DISPATCHER.get_all()
    assert isinstance(hooks, dict)
    assert all(isinstance(found, list) for found in hooks.values())
    assert hooks is GLOBAL_HOOK_DISPATCHER.get_all()  # changed in place
    assert {"not_a_server_error", "ignored_auth"} <= set(CHECKS.get_all_names())


def _schema(status: int = 200) -> Any:
    app = FastAPI()

    @app.get("/drawers/{number}", operation_id="read_drawer")
    def read(number: int) -> JSONResponse:
        return JSONResponse({"number": number}, status)

    config = SchemathesisConfig.from_dict({"seed": 1, "generation": {"max-examples": 3}})
    return from_asgi("/openapi.json", app, config=config)


def test_phases_are_switched_by_their_names() -> None:
    phases = _schema().config.phases
    for name in ("examples", "coverage", "fuzzing"):
        assert phases.get_by_name(name=name).enabled in {True, False}
    assert phases.stateful.enabled in {True, False}


def test_a_case_tells_its_operation_its_phase_and_what_is_wrong_with_it() -> None:
    seen: set[tuple[str, bool]] = set()
    for case in _cases(from_schema(_schema()).execute()):
        assert case.operation.definition.raw["operationId"] == "read_drawer"
        assert case.operation.label == LABEL
        phase = case.meta.phase.name.value
        if phase == "coverage":
            assert case.meta.phase.data.parameter_location in {None, *ParameterLocation}
        assert case.meta.generation.mode in set(GenerationMode)
        seen.add((phase, bool(case.meta.is_negative_at(ParameterLocation.PATH))))
    assert {phase for phase, _ in seen} == {"coverage", "fuzzing"}
    assert {is_negative for _, is_negative in seen} == {True, False}


def _cases(stream: Any) -> Iterator[Any]:
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            yield from (node.value for node in event.recorder.cases.values())


def test_a_failure_stands_in_the_events_with_its_check_and_its_message() -> None:
    found = [
        (event.phase.value, check.name, str(check.failure_info.failure.message))
        for event in from_schema(_schema(500)).execute()
        if isinstance(event, events.ScenarioFinished)
        for checks in event.recorder.checks.values()
        for check in checks
        if check.status == Status.FAILURE and check.failure_info is not None
    ]
    assert "not_a_server_error" in {name for _, name, _ in found}
    assert any(message for *_, message in found)  # not_a_server_error needs none
