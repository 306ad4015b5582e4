"""What the conformance tests run against: the emulator in both modes, and plain moto.

All three look the same to a test: boto3, plus what no API gives (codes, a clock, a trigger).
"""

import contextlib
import functools
import json
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

from moto import mock_aws
from moto.cognitoidp.models import cognitoidp_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from apiproof.cognito import Cognito, PoolSettings
from apiproof.cognito.botocore_hook import make_client
from tests.cognito.pools import Handler, Pool


class Emulator(Pool):
    """A pool of this kit."""

    def __init__(self, cognito: Cognito) -> None:
        self.cognito = cognito
        self.aws = cognito.client()
        self.region = cognito.region
        self.id = cognito.user_pool_id
        self.client_id = cognito.client_id
        self.client_secret = cognito.client_secret

    def reset(self) -> None:
        self.cognito.reset()
        self.cognito.triggers.clear()

    def code(self, username: str, purpose: str = "sign-up") -> str:
        return self.cognito.outbox.last(username, purpose).code

    def advance(self, by: timedelta) -> None:
        self.cognito.clock.advance(by)

    def trigger(self, handler: Handler) -> None:
        self.cognito.trigger = handler

    def attach(self, name: str, handler: Handler) -> None:
        self.cognito.triggers[name] = handler

    def jwks(self, pool_id: str | None = None) -> dict[str, Any]:
        url = self.cognito.jwks_url
        if pool_id is not None:
            url = url.replace(self.id, pool_id)
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
                document: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            raise LookupError(error.code) from error
        return document


class PlainMoto(Pool):
    """moto as it comes: it has no codes, no clock and no trigger, so it gets a substitute."""

    def __init__(self, settings: PoolSettings, bench: "MotoBench") -> None:
        self._bench = bench
        self.region = settings.region
        self.aws = bench.client(settings.region)
        self.id = self.aws.create_user_pool(**settings.pool_parameters())["UserPool"]["Id"]
        client = self.aws.create_user_pool_client(
            UserPoolId=self.id, **settings.client_parameters()
        )["UserPoolClient"]
        self.client_id = client["ClientId"]
        self.client_secret = client.get("ClientSecret", "")

    def reset(self) -> None:
        pool = cognitoidp_backends[DEFAULT_ACCOUNT_ID][self.region].user_pools[self.id]
        for table in (
            pool.users,
            pool.groups,
            pool.refresh_tokens,
            pool.access_tokens,
            pool.id_tokens,
        ):
            table.clear()

    def code(self, username: str, purpose: str = "sign-up") -> str:  # noqa: ARG002 - it has none
        return "123456"

    def advance(self, by: timedelta) -> None:
        self._bench.offset += by.total_seconds()

    def trigger(self, handler: Handler) -> None:
        """Plain moto has no place for it."""

    def attach(self, name: str, handler: Handler) -> None:
        """Plain moto has no place for it."""

    def jwks(self, pool_id: str | None = None) -> dict[str, Any]:
        import requests  # noqa: PLC0415 - mock_aws intercepts it, nothing else here uses it

        host = f"https://cognito-idp.{self.region}.amazonaws.com"
        answer = requests.get(f"{host}/{pool_id or self.id}/.well-known/jwks.json", timeout=2)
        if answer.status_code != 200:
            raise LookupError(answer.status_code)
        document: dict[str, Any] = answer.json()
        return document


class Bench(ABC):
    """Hands out pools, empty ones, made once per settings."""

    name: str

    @abstractmethod
    def pool(self, **settings: Any) -> Pool:
        """Give an empty pool."""


class EmulatorBench(Bench):
    """Stand-ins of one mode."""

    def __init__(self, *, http: bool) -> None:
        self.name = "http" if http else "in-process"
        self._http = http
        self._pools: dict[str, Emulator] = {}

    def pool(self, **settings: Any) -> Emulator:
        wanted = PoolSettings(**settings)
        if repr(wanted) not in self._pools:
            self._pools[repr(wanted)] = Emulator(Cognito.start(wanted, http=self._http))
        pool = self._pools[repr(wanted)]
        pool.reset()
        return pool

    def stop(self) -> None:
        for pool in self._pools.values():
            pool.cognito.stop()


class MotoBench(Bench):
    """Plain moto."""

    name = "plain moto"

    def __init__(self) -> None:
        self.offset = 0.0
        self.client = functools.cache(lambda region: make_client(region, None))
        self._pools: dict[str, PlainMoto] = {}

    def pool(self, **settings: Any) -> PlainMoto:
        wanted = PoolSettings(**settings)
        if repr(wanted) not in self._pools:
            self._pools[repr(wanted)] = PlainMoto(wanted, self)
        pool = self._pools[repr(wanted)]
        pool.reset()
        self.offset = 0.0
        return pool


@contextlib.contextmanager
def emulator_bench(*, http: bool) -> Iterator[EmulatorBench]:
    """Give a bench of emulators and stop them in the end."""
    bench = EmulatorBench(http=http)
    try:
        yield bench
    finally:
        bench.stop()


@contextlib.contextmanager
def moto_bench() -> Iterator[MotoBench]:
    """Give a bench of plain moto; no emulator may answer in this process meanwhile."""
    real = time.time
    with mock_aws():
        bench = MotoBench()

        def moved() -> float:
            return real() + bench.offset

        with mock.patch("moto.cognitoidp.models.time.time", moved):
            yield bench
