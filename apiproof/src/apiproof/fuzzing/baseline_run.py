"""Schemathesis as it comes, in-process: no hooks, checks or request overrides of ours, but a token.

A yardstick for what the kit adds. Source: schemathesis 4.32, engine events.
"""

import threading
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.openapi import from_asgi

from apiproof.environment import Environment


@dataclass(frozen=True)
class Scenario:
    """What Schemathesis did with one operation in one phase, or along one path of links.

    Attributes:
        phase: `coverage`, say.
        label: `GET /randoms`, or empty for a path of links.
        failures: By the name of the check, its message.
    """

    phase: str
    label: str
    failures: Mapping[str, str]


def scenarios(
    env: Environment,
    token: str,
    operations: Collection[str] = (),
    *,
    seed: int = 0,
    seconds: float | None = None,
) -> Generator[Scenario]:
    """Run every phase with every check at its defaults, and tell scenario by scenario.

    Args:
        env: Whose service is fuzzed.
        token: For the Authorization header of every request.
        operations: operationIds; none means all.
        seed: Of the generated data.
        seconds: When to stop; None to let it come to its end.
    """
    configuration = SchemathesisConfig.from_dict(
        {"headers": {"Authorization": f"Bearer {token}"}, "seed": seed}
    )
    schema: Any = from_asgi("/openapi.json", env.application(), config=configuration)
    if operations:
        schema = schema.include(operation_id=list(operations))
    stream = from_schema(schema).execute()
    # Not its own `max-time`, with which it goes on generating until then.
    timer = threading.Timer(seconds or 0, stream.stop)
    try:
        if seconds is not None:
            timer.start()
        for event in stream:
            if isinstance(event, events.ScenarioFinished):
                yield Scenario(event.phase.value, event.label or "", _failures(event))
    finally:
        timer.cancel()
        stream.stop()
        for _ in stream:
            pass


def _failures(event: events.ScenarioFinished) -> dict[str, str]:
    return {
        check.name: str(check.failure_info.failure.message)
        for checks in event.recorder.checks.values()
        for check in checks
        if check.status == Status.FAILURE and check.failure_info is not None
    }
