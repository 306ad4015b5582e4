"""The provider state handler of a served world, for verifiers in any language.

It speaks pact's own form: {"state", "action": "setup" | "teardown", "params"}. The answer holds the
state's values and, as `access_token`, the token that the request is to carry.
"""

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from understudy.contracts.verification.direction import StateFailed, WorldDirector
from understudy.contracts.verification.running import states_of
from understudy.doors import asked

if TYPE_CHECKING:
    from understudy.world import World


class StateHandler:
    """Empties the world where an interaction begins, and brings its states about.

    An interaction has begun when the last set-up was undone, or was followed by a request: some
    verifiers never ask for a teardown.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self._director = WorldDirector(world, states_of(world.subject))
        self._answers: int | None = None

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what a verifier asks.

        Raises:
            StateFailed: the state is unknown, or could not be brought about.
        """
        if asked.get("action") == "teardown":
            self._answers = None
            self._director.end()
            return {}
        if self._answers != self._count():
            self._director.end()
            self._director.begin()
        values: dict[str, Any] = {}
        if state := asked.get("state"):
            values = self._director.enter(state, asked.get("params") or {})
        self._answers = self._count()
        return {**values, "access_token": self._director.token()} if state else {}

    def _count(self) -> int:
        return sum(self._world.ledger.counts.values())


def states_route(world: "World") -> Route:
    """The route /states; it empties the world, so the users of its ready file are gone then."""
    handler = StateHandler(world)

    async def endpoint(request: Request) -> JSONResponse:
        try:
            return JSONResponse(await run_in_threadpool(handler.answer, await asked(request)))
        except StateFailed as why:
            # Not a 5xx: pact's verifier would try again for two minutes.
            return JSONResponse({"detail": str(why)}, status_code=400)

    return Route("/states", endpoint, methods=["POST"])
