"""Pools made in two ways, by the kit and by the API; which settings a test shows to be obeyed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
import requests
from botocore.exceptions import ClientError

from apiproof.cognito import Cognito, PoolSettings
from apiproof.cognito.settings_rules import CLIENT, POOL
from tests.cognito.bench import Emulator
from tests.cognito.pools import PASSWORD

Settings = Mapping[str, Any]
Test = TypeVar("Test", bound=Callable[..., None])

# No secret, and every flow: tests of settings are about other things.
OPEN: Settings = {
    "GenerateSecret": False,
    "ExplicitAuthFlows": [
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_USER_AUTH",
        "ALLOW_CUSTOM_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
    ],
}


class Made(Emulator):
    """A pool that was made by the API of a running emulator."""

    def __init__(self, cognito: Cognito, settings: PoolSettings) -> None:
        super().__init__(cognito)
        pool = self.aws.create_user_pool(**settings.pool_parameters())["UserPool"]
        self.id = pool["Id"]
        client = self.aws.create_user_pool_client(
            UserPoolId=self.id, **settings.client_parameters()
        )["UserPoolClient"]
        self.client_id, self.client_secret = client["ClientId"], client.get("ClientSecret", "")

    def jwks(self, pool_id: str | None = None) -> dict[str, Any]:
        url = self.cognito.jwks_url.replace(self.cognito.user_pool_id, pool_id or self.id)
        document: dict[str, Any] = requests.get(url, timeout=5).json()
        return document


class Maker:
    """Makes pools, in one of two ways.

    Args:
        way: kit or api.
    """

    def __init__(self, way: str) -> None:
        self._way = way
        self._running: list[Cognito] = []

    def __call__(self, pool: Settings | None = None, client: Settings | None = None) -> Emulator:
        """Make a pool; the parameters are those of CreateUserPool and CreateUserPoolClient."""
        settings = PoolSettings(pool=dict(pool or {}), client={**OPEN, **(client or {})})
        if self._way == "kit":
            self._running.append(Cognito.start(settings))
            return Emulator(self._running[-1])
        if not self._running:
            self._running.append(Cognito.start())
        return Made(self._running[0], settings)

    def stop(self) -> None:
        for cognito in self._running:
            cognito.stop()


@contextmanager
def maker(way: str) -> Iterator[Maker]:
    made = Maker(way)
    try:
        yield made
    finally:
        made.stop()


def obeys(*settings: str) -> Callable[[Test], Test]:
    """Say which settings a test shows to be obeyed.

    They are paths of `POOL`, or of `CLIENT` after `client.`, and may end with `*`.
    """
    for setting in settings:
        assert any(map(matches(setting), known())), setting

    def mark(test: Test) -> Test:
        test.obeyed = settings  # type: ignore[attr-defined]  # functions take attributes
        return test

    return mark


def known() -> Iterator[str]:
    yield from POOL
    yield from (f"client.{name}" for name in CLIENT)


def matches(setting: str) -> Callable[[str], bool]:
    return lambda path: path.startswith(setting[:-1]) if setting.endswith("*") else path == setting


@pytest.fixture(params=["kit", "api"])
def make(request: pytest.FixtureRequest) -> Iterator[Maker]:
    with maker(request.param) as made:
        yield made


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=f"\\({code}\\)")


def invite(pool: Emulator, username: str = "ada", password: str = PASSWORD, **more: Any) -> Any:
    return pool.aws.admin_create_user(
        UserPoolId=pool.id, Username=username, TemporaryPassword=password, **more
    )


def attributes(**values: str) -> list[dict[str, str]]:
    return [{"Name": name.replace("__", ":"), "Value": value} for name, value in values.items()]
