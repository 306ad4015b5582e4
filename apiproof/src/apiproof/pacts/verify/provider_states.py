"""Who brings provider states about: the environment here, or a deployed provider's states URL.

Pact's verifier asks over HTTP (`StateEndpoint`) and says of a failure only that there was one, so
the real message is kept here. A handler that answers 5xx is tried for two minutes; ours answers
400 at once.
"""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from apiproof.http.json_app import json_app, json_body
from apiproof.pacts.states import StateContext, StateRegistry
from apiproof.pacts.verify.fetching import Credentials, FetchFailed, fetch_json
from apiproof.redaction import HIDDEN, redact

if TYPE_CHECKING:
    from apiproof.environment import Environment

LONG: Final = 16  # characters: no word of a path is as long, secrets are


class StateFailed(Exception):
    """A state could not be brought about; one sentence that says why."""


class StateSetup(Protocol):
    """Prepares the provider for one interaction at a time."""

    def begin(self) -> None:
        """Start an interaction: nothing of the last one is left."""

    def enter(self, state: str, params: dict[str, Any]) -> dict[str, Any]:
        """Bring a state about and return its values, or raise `StateFailed`."""
        ...

    def end(self) -> None:
        """Undo the interaction's states."""

    def token(self) -> str | None:
        """The access token for consumers that know of none, or None to leave their header."""
        ...


class EnvironmentStates:
    """Brings states about in an environment of this process, emptied before each interaction."""

    def __init__(self, env: "Environment", registry: StateRegistry) -> None:
        self._env = env
        self._registry = registry
        self._context = StateContext(env)

    def begin(self) -> None:
        """Empty the environment."""
        self._env.reset()
        self._context = StateContext(self._env)

    def enter(self, state: str, params: dict[str, Any]) -> dict[str, Any]:
        """Call the registered function.

        Raises:
            StateFailed: it raised.
        """
        try:
            return self._registry.enter(self._context, state, params)
        except Exception as why:
            raise StateFailed(f'The state "{state}" failed: {type(why).__name__}: {why}') from why

    def end(self) -> None:
        """Run the states' teardowns."""
        self._context.teardowns.close()

    def token(self) -> str | None:
        """The token that the states chose."""
        return self._context.token


class RemoteStates:
    """Asks a deployed provider's states URL, in pact's own form.

    It posts {state, action: setup | teardown, params}; the answer's JSON holds the values, among
    them `access_token` where the state names a user (null leaves the consumer's header alone).
    """

    def __init__(self, url: str, reset: Callable[[], None] | None = None) -> None:
        self._url = url
        self._reset = reset
        self._entered: list[tuple[str, dict[str, Any]]] = []
        self._token: str | None = None

    def begin(self) -> None:
        """Forget the last interaction."""
        if self._reset is not None:
            self._reset()
        self._entered.clear()
        self._token = None

    def enter(self, state: str, params: dict[str, Any]) -> dict[str, Any]:
        """Post the set-up.

        Raises:
            StateFailed: the provider refused, or did not answer.
        """
        values = self._post(state, "setup", params)
        self._entered.append((state, params))
        if "access_token" in values:
            self._token = values["access_token"]
        return values

    def end(self) -> None:
        """Post the teardowns, the last state's first; a provider may have none."""
        for state, params in reversed(self._entered):
            with contextlib.suppress(StateFailed):
                self._post(state, "teardown", params)

    def token(self) -> str | None:
        """The last state's `access_token`."""
        return self._token

    def _post(self, state: str, action: str, params: dict[str, Any]) -> dict[str, Any]:
        body = {"state": state, "action": action, "params": params}
        try:
            values = fetch_json(self._url, Credentials(), method="POST", body=body)
        except FetchFailed as why:
            text = why.detail or f'The state "{state}" failed: {why}'
            raise StateFailed(self._without_secrets(text)) from None
        return values if isinstance(values, dict) else {}

    def _without_secrets(self, text: str) -> str:
        """Hide what a states URL may hold: a served environment's has its secret in the path."""
        for part in urlsplit(self._url).path.split("/"):
            if len(part) >= LONG:
                text = text.replace(part, HIDDEN)
        return redact(text)


class NoStates(RemoteStates):
    """A deployed provider that was named without a states URL."""

    def __init__(self) -> None:
        super().__init__("")

    def enter(self, state: str, params: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - a stub
        """Refuse.

        Raises:
            StateFailed: always.
        """
        raise StateFailed(
            f'The state "{state}" cannot be brought about in a deployed provider by itself: '
            "pass --state-url, the address of its state handler."
        )


class StateEndpoint:
    """The HTTP face of a `StateSetup`, as pact's verifier wants it.

    Attributes:
        app: the ASGI application; every path is the handler.
        failure: why the interaction's states could not be brought about, or nothing.
        values: what they returned, together.
    """

    def __init__(self, states: StateSetup) -> None:
        self._states = states
        self.failure = ""
        self.values: dict[str, Any] = {}
        self.app = json_app([Route("/{path:path}", self._answer, methods=["POST"])])

    def begin(self) -> None:
        """Forget the last interaction."""
        self.failure = ""
        self.values = {}

    async def _answer(self, request: Request) -> JSONResponse:
        body = await json_body(request)
        state, params = body.get("state"), body.get("params") or {}
        if not state:  # pact calls stateless interactions so
            return JSONResponse({})
        try:
            values = await run_in_threadpool(self._states.enter, state, params)
        except StateFailed as why:
            self.failure = self.failure or str(why)
            return JSONResponse({"detail": str(why)}, status_code=400)
        self.values |= values
        return JSONResponse(values)
