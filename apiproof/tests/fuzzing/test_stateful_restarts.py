"""The stateful phase walks as far as it is asked to where an API keeps state."""

import itertools
from contextlib import nullcontext

from fastapi import FastAPI
from pydantic import BaseModel
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.openapi import from_asgi

from apiproof.fuzzing.stateful_restarts import restarted_suites

SCENARIOS = 40


class Note(BaseModel):
    id: int


def _notes() -> FastAPI:
    """Every other time nothing is listed: the same walk has another next step."""
    app, looks = FastAPI(), itertools.count()

    @app.get("/notes")
    def listed() -> list[Note]:
        return [Note(id=1)] if next(looks) % 2 else []

    @app.get("/notes/{note_id}")
    def read(note_id: int) -> Note:
        return Note(id=note_id)

    return app


def _walked(*, restarted: bool) -> tuple[int, set[Status]]:
    """How many scenarios a stateful phase walked, and how its suites ended."""
    phases = {name: {"enabled": False} for name in ("examples", "coverage", "fuzzing")}
    generation = {"max-examples": SCENARIOS, "deterministic": True}
    config = SchemathesisConfig.from_dict({"generation": generation, "phases": phases})
    schema = from_asgi("/openapi.json", _notes(), config=config)
    with restarted_suites() if restarted else nullcontext():
        seen = list(from_schema(schema).execute())
    scenarios = sum(isinstance(each, events.ScenarioFinished) for each in seen)
    return scenarios, {each.status for each in seen if isinstance(each, events.SuiteFinished)}


def test_as_many_scenarios_are_walked_as_were_asked_for() -> None:
    assert _walked(restarted=True)[0] >= SCENARIOS


def test_schemathesis_by_itself_ends_early_and_calls_that_passed() -> None:
    """Once this fails, Schemathesis goes on by itself: restarted_suites can go."""
    scenarios, ends = _walked(restarted=False)
    assert 0 < scenarios < SCENARIOS
    assert ends == {Status.SUCCESS}
