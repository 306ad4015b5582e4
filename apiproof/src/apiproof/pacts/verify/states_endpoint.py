"""The provider state handler of a served environment, for verifiers in any language.

It speaks pact's own form: {"state", "action": "setup" | "teardown", "params"}. The answer holds the
state's values and, as `access_token`, the token that the request is to carry.
"""

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from apiproof.http.json_app import json_body
from apiproof.pacts.verify.provider_states import EnvironmentStates, StateFailed
from apiproof.pacts.verify.run import states_of

if TYPE_CHECKING:
    from apiproof.environment import Environment


class StateHandler:
    """Empties the environment where an interaction begins, and brings its states about.

    An interaction has begun when the last set-up was undone, or was followed by a request: some
    verifiers never ask for a teardown.
    """

    def __init__(self, env: "Environment") -> None:
        self._env = env
        self._states = EnvironmentStates(env, states_of(env.service))
        self._answers: int | None = None

    def answer(self, json_body: dict[str, Any]) -> dict[str, Any]:
        """Do what a verifier asks.

        Raises:
            StateFailed: the state is unknown, or could not be brought about.
        """
        state, params = json_body.get("state") or "", json_body.get("params") or {}
        if not isinstance(state, str) or not isinstance(params, dict):
            raise StateFailed("`state` is to be a text, and `params` an object.")
        if json_body.get("action") == "teardown":
            self._answers = None
            self._states.end()
            return {}
        if self._answers != self._count():
            self._states.end()
            self._states.begin()
        values: dict[str, Any] = {}
        if state:
            values = self._states.enter(state, params)
        self._answers = self._count()
        return {**values, "access_token": self._states.token()} if state else {}

    def _count(self) -> int:
        return sum(self._env.coverage_log.counts.values())


def states_route(env: "Environment") -> Route:
    """The route /states; it empties the environment, so its users are gone then."""
    handler = StateHandler(env)

    async def endpoint(request: Request) -> JSONResponse:
        try:
            return JSONResponse(await run_in_threadpool(handler.answer, await json_body(request)))
        except StateFailed as why:
            # Not a 5xx: pact's verifier would try again for two minutes.
            return JSONResponse({"detail": str(why)}, status_code=400)

    return Route("/states", endpoint, methods=["POST"])
