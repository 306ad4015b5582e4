"""The keys that verify tokens: fetched once, kept, and away is not the same as invalid."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.contract.examples import bearer
from understudy.asgi import InProcessClient
from understudy.server import serve
from understudy.world import World


class KeyServer:
    """Publishes a pool's keys, and counts how often it was asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for moment in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{moment}.complete"})
            return
        self.asked += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        body = json.dumps(self.world.cognito.keys.jwks()).encode()
        await send({"type": "http.response.body", "body": body})


@contextmanager
def service(world: World, jwks_url: str) -> Iterator[InProcessClient]:
    """The service, with its keys from elsewhere."""
    where = dataclasses.replace(world.surroundings, jwks_url=jwks_url)
    with InProcessClient(world.subject.create_app(where)) as client:
        yield client


def test_keys_that_cannot_be_fetched_are_503_and_no_sign_out(world: World) -> None:
    headers = bearer(world.account().access_token)
    with serve(KeyServer(world)) as url:
        pass  # nothing listens there any more
    with service(world, f"{url}/jwks.json") as client:
        for path in ("/users/me", "/randoms", "/ready"):
            response = client.request("GET", path, headers=headers)
            assert response.status_code == 503, path
            assert int(response.headers["Retry-After"]) >= 1


def test_keys_are_fetched_once_and_serve_on_while_their_source_is_away(world: World) -> None:
    headers = bearer(world.account().access_token)
    server = KeyServer(world)
    with ExitStack() as stack:
        with serve(server) as url:
            client = stack.enter_context(service(world, f"{url}/jwks.json"))
            for _ in range(5):
                assert client.request("GET", "/users/me", headers=headers).status_code == 200
            assert server.asked == 1
        assert client.request("GET", "/users/me", headers=headers).status_code == 200


def test_new_keys_are_fetched_when_a_token_names_them(world: World) -> None:
    account = world.account()
    server = KeyServer(world)
    with serve(server) as url, service(world, f"{url}/jwks.json") as client:
        old = bearer(account.access_token)
        assert client.request("GET", "/users/me", headers=old).status_code == 200
        world.cognito.keys.rotate()
        new = bearer(world.token(account.username))
        for headers in (new, old, new):
            assert client.request("GET", "/users/me", headers=headers).status_code == 200
        assert server.asked == 2
