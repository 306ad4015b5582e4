"""The provider as pact's verifier meets it: an ASGI layer that impersonates and remembers.

Consumers that know nothing of tokens send `Bearer something`; the layer puts the access token of
the user whom the states named in its place. It leaves alone a request without that header, one
whose header the consumer generates from a state's values, and one whose states ask for a token
that is missing or invalid: to help there would hide the consumer's mistakes.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from understudy.contracts.pactfile import Interaction
from understudy.contracts.verification.results import Exchange
from understudy.subject import ASGIApp, Message

AUTHORIZATION = b"authorization"


class Stage:
    """An ASGI application around the provider's.

    Attributes:
        provider: the application, or what forwards to a deployed one.
        token: gives the access token for the interaction that is being played, or None.
        exchange: the request and answer of that interaction; None so far.
    """

    def __init__(self, provider: ASGIApp, token: Callable[[], str | None]) -> None:
        self.provider = provider
        self.token = token
        self.exchange: Exchange | None = None
        self._may_impersonate = False

    def begin(self, interaction: Interaction) -> None:
        """Forget the last interaction and play this one."""
        self.exchange = None
        self._may_impersonate = not generates_authorization(interaction.request.generators)

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Pass everything on, and HTTP requests through `_play`."""
        if scope["type"] == "http":
            await self._play(scope, receive, send)
        else:
            await self.provider(scope, receive, send)

    async def _play(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        headers, impersonated = self._impersonate(scope["headers"])
        acting = {**scope, "headers": headers}
        record = _Record(acting, receive, send, self._remember, impersonated=impersonated)
        await self.provider(record.scope, record.receive, record.send)

    def _remember(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def _impersonate(self, headers: list[tuple[bytes, bytes]]) -> tuple[list[Any], bool]:
        token = self.token() if self._may_impersonate else None
        if token is None or not any(map(_is_bearer, headers)):
            return headers, False
        bearer = (AUTHORIZATION, f"Bearer {token}".encode())
        return [bearer if _is_bearer(header) else header for header in headers], True


class _Record:
    """Everything that passes between the verifier and the provider for one request."""

    def __init__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
        remember: Callable[[Exchange], None],
        *,
        impersonated: bool,
    ) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._impersonated = impersonated
        self._body = bytearray()
        self._start: Message = {}
        self._answer = bytearray()
        self._remember = remember

    async def receive(self) -> Message:
        message = await self._receive()
        self._body += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._answer += message.get("body", b"")
        # Before it is sent: the verifier is done as soon as it has the last byte, which of an
        # answer without a body is the start.
        self._remember(self._exchange())
        await self._send(message)

    def _exchange(self) -> Exchange:
        query = self.scope["query_string"].decode("latin-1")
        path = self.scope["raw_path"].decode("latin-1")
        return Exchange(
            method=self.scope["method"],
            target=f"{path}?{query}" if query else path,
            headers=_texts(self.scope["headers"]),
            body=self._body.decode(errors="replace"),
            impersonated=self._impersonated,
            status=self._start.get("status"),
            answer_headers=_texts(self._start.get("headers", [])),
            answer_body=self._answer.decode(errors="replace"),
        )


def generates_authorization(generators: Mapping[str, Any]) -> bool:
    """Whether the consumer generates the Authorization header itself.

    Args:
        generators: of a request, by category (Pact specification 3, "Generators"); names of
            headers stand bare, as `$.Authorization` or with an index.
    """
    for category in ("header", "headers"):
        named = generators.get(category)
        if isinstance(named, Mapping) and any("authorization" in name.lower() for name in named):
            return True
    return False


def _is_bearer(header: tuple[bytes, bytes]) -> bool:
    name, value = header
    return name.lower() == AUTHORIZATION and value.lower().startswith(b"bearer ")


def _texts(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        texts[key] = f"{texts[key]}, {text}" if key in texts else text
    return texts
