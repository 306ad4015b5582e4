"""The provider as pact's verifier meets it: an ASGI layer that sets tokens and records.

Consumers that know nothing of tokens send `Bearer something`; the layer puts the access token of
the user whom the states named in its place. It leaves alone a request without that header, one
whose header the consumer generates from a state's values, and one whose states ask for a token
that is missing or invalid: to help there would hide the consumer's mistakes.

A deployed provider is an ASGI application too, which forwards everything and changes nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError

from apiproof.errors import UserError
from apiproof.http import ASGIApp, Message, Receive, Send
from apiproof.http.forwarding import TIMEOUT, forward_to, whole_body
from apiproof.pacts.reading import Interaction
from apiproof.pacts.verify.results import RecordedExchange

AUTHORIZATION = b"authorization"


class ProviderUnavailable(Exception):
    """The provider is elsewhere, and no answer came from there."""


class RecordingProxy:
    """An ASGI application around the provider's.

    Attributes:
        provider: the application, or what forwards to a deployed one.
        token: gives the access token for the interaction that is being verified, or None.
        exchange: the request and answer of that interaction; None so far.
    """

    def __init__(self, provider: ASGIApp, token: Callable[[], str | None]) -> None:
        self.provider = provider
        self.token = token
        self.exchange: RecordedExchange | None = None
        self._may_replace_token = False

    def begin(self, interaction: Interaction) -> None:
        """Forget the last interaction; requests belong to this one now."""
        self.exchange = None
        self._may_replace_token = not generates_authorization(interaction.request.generators)

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Pass everything on, and HTTP requests through `_record`."""
        if scope["type"] == "http":
            await self._record(scope, receive, send)
        else:
            await self.provider(scope, receive, send)

    async def _record(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        headers, token_replaced = self._with_token(scope["headers"])
        acting = {**scope, "headers": headers}
        # Read ahead: a provider that refuses by the headers never asks for the body.
        body = await whole_body(receive)
        record = _Record(acting, body, receive, send, self._remember, token_replaced)
        try:
            await self.provider(record.scope, record.receive, record.send)
        except ProviderUnavailable:
            # Past the record: it is no answer of the provider's.
            await send({"type": "http.response.start", "status": 502, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    def _remember(self, exchange: RecordedExchange) -> None:
        self.exchange = exchange

    def _with_token(self, headers: list[tuple[bytes, bytes]]) -> tuple[list[Any], bool]:
        token = self.token() if self._may_replace_token else None
        if token is None or not any(map(_is_bearer, headers)):
            return headers, False
        bearer = (AUTHORIZATION, f"Bearer {token}".encode())
        return [bearer if _is_bearer(header) else header for header in headers], True


@dataclass
class _Record:
    """Everything that passes between the verifier and the provider for one request."""

    scope: Message
    body: bytes
    next_message: Callable[[], Awaitable[Message]]
    answer_with: Callable[[Message], Awaitable[None]]
    remember: Callable[[RecordedExchange], None]
    token_replaced: bool
    start: Message = field(default_factory=dict)
    answer: bytearray = field(default_factory=bytearray)
    is_body_given: bool = False

    async def receive(self) -> Message:
        if self.is_body_given:
            return await self.next_message()
        self.is_body_given = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.answer += message.get("body", b"")
        # Before it is sent: the verifier is done as soon as it has the last byte, which of an
        # answer without a body is the start.
        self.remember(self._exchange())
        await self.answer_with(message)

    def _exchange(self) -> RecordedExchange:
        query = self.scope["query_string"].decode("latin-1")
        path = self.scope["raw_path"].decode("latin-1")
        return RecordedExchange(
            method=self.scope["method"],
            target=f"{path}?{query}" if query else path,
            headers=_texts(self.scope["headers"]),
            body=self.body.decode(errors="replace"),
            token_replaced=self.token_replaced,
            status=self.start.get("status"),
            answer_headers=_texts(self.start.get("headers", [])),
            answer_body=self.answer.decode(errors="replace"),
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


class ProviderUnreachable(UserError):
    """Nothing answers at the provider's URL."""


def deployed_provider(base_url: str) -> ASGIApp:
    """Build an ASGI application that is the provider at a URL.

    Args:
        base_url: the provider's, with a path where it has one.

    Raises:
        ProviderUnreachable: nothing answers there.
    """
    target = base_url.rstrip("/")
    try:
        if not target.lower().startswith(("http://", "https://")):
            raise LocationValueError("it is no http:// or https:// URL")
        urllib3.PoolManager(retries=False, timeout=TIMEOUT).request("GET", target, redirect=False)
    except (HTTPError, ValueError) as why:
        raise ProviderUnreachable(
            f"No provider answers at {base_url} ({type(why).__name__}). "
            "Start it, or leave --provider-url out to verify the one of this repository."
        ) from None
    forward = forward_to(target)

    async def provider(scope: Message, receive: Receive, send: Send) -> None:
        try:
            await forward(scope, receive, send)
        except HTTPError as why:
            raise ProviderUnavailable from why

    return provider
