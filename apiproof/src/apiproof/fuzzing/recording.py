"""What a run in this process found, taken from Schemathesis' events as they come.

Files would hold every request of a run, to be written, read and redacted; here only what failed is
put down, as Schemathesis' own NDJSON report would have it.

Source: schemathesis 4.32, cli/ext/handlers.py and reporting/ndjson.py.
"""

import json
from dataclasses import fields
from typing import Any, Final

from schemathesis.cli.commands.run.handlers.base import EventHandler
from schemathesis.cli.events import LoadingFinished
from schemathesis.engine import Status
from schemathesis.engine import events as engine
from schemathesis.engine.recorder import CheckNode
from schemathesis.reporting.ndjson import serialize

from apiproof.fuzzing.step import Events

_OTHERS: Final = (
    LoadingFinished,
    engine.PhaseFinished,
    engine.NonFatalError,
    engine.FatalError,
)


def recorder_of(found: Events) -> type[EventHandler[Any]]:
    """Make an event handler for Schemathesis' command line (`schemathesis.cli.handler`).

    Args:
        found: gets what the events say.
    """

    class Recorder(EventHandler[Any]):
        def handle_event(self, ctx: Any, event: engine.EngineEvent) -> None:
            hidden = ctx.config.output.sanitization
            hidden = hidden if hidden.enabled else None
            if isinstance(event, engine.ScenarioFinished):
                found.add(type(event).__name__, _plain(_scenario(event, hidden)))
            elif isinstance(event, _OTHERS):
                found.add(type(event).__name__, _plain(serialize(event, sanitization=hidden)))

    return Recorder


def _scenario(event: engine.ScenarioFinished, hidden: Any) -> dict[str, Any]:
    """A scenario with the requests of its failures; of the others there is only the id."""
    recorder = event.recorder
    outer = {
        field.name: serialize(getattr(event, field.name), sanitization=hidden)
        for field in fields(event)
        if field.name != "recorder"
    }
    failed = {
        case_id: [check for check in checks if _is_failed(check)]
        for case_id, checks in recorder.checks.items()
    }
    interactions: dict[str, Any] = dict.fromkeys(recorder.interactions)
    for case_id, checks in failed.items():
        if checks and case_id in interactions:
            interactions[case_id] = serialize(recorder.interactions[case_id], sanitization=hidden)
    return {
        **outer,
        "recorder": {
            "label": recorder.label,
            "interactions": interactions,
            "checks": {
                case_id: serialize(checks, sanitization=hidden)
                for case_id, checks in failed.items()
                if checks
            },
        },
    }


def _is_failed(check: CheckNode) -> bool:
    return check.status == Status.FAILURE


def _plain(data: Any) -> Any:
    """As it would be read from a file: enumerations as text, say."""
    return json.loads(json.dumps(data))
