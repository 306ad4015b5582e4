"""What the service stands on, built once per process: database, identity provider, keys, clock.

`create_app` builds it from the settings; tests hand in one with parts replaced. Must not know
routes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends, Request
from sqlalchemy import Engine

from api.database import build_engine
from api.identity.base import IdentityProvider, JwksSource
from api.identity.base import TokenVerifier as Verifier
from api.identity.cognito import Cognito
from api.identity.jwks import HttpJwks
from api.identity.keys import KeyRing
from api.identity.tokens import TokenVerification
from api.settings import Settings


@dataclass(frozen=True)
class Surroundings:
    """The world as one process of the service sees it."""

    engine: Engine
    identity: IdentityProvider
    keys: KeyRing
    verifier: Verifier
    clock: Callable[[], float]
    clock_skew: int

    @classmethod
    def build(
        cls,
        settings: Settings,
        *,
        engine: Engine | None = None,
        identity: IdentityProvider | None = None,
        jwks: JwksSource | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Build the surroundings; nothing is connected yet.

        Args:
            settings: where everything is.
            engine: instead of one for the settings' database.
            identity: instead of the settings' user pool.
            jwks: instead of the settings' JWKS URL.
            clock: epoch seconds.
        """
        keys = KeyRing(
            jwks or HttpJwks(settings.jwks_url, timeout=settings.cognito_read_timeout),
            lifespan=settings.jwks_lifespan,
            cooldown=settings.jwks_cooldown,
            clock=time.monotonic,
        )
        verifier = TokenVerification(
            keys,
            issuer=settings.issuer,
            client_id=settings.aws_cognito_app_client_id,
            clock_skew=settings.clock_skew,
            clock=clock,
        )
        return cls(
            engine=engine or build_engine(settings),
            identity=identity or Cognito(settings),
            keys=keys,
            verifier=verifier,
            clock=clock,
            clock_skew=settings.clock_skew,
        )

    def sign_out_time(self) -> int:
        """The latest time, in epoch seconds, that a token issued by now may bear."""
        return int(self.clock()) + self.clock_skew


def _surroundings(request: Request) -> Surroundings:
    surroundings: Surroundings = request.app.state.surroundings
    return surroundings


async def _identity(request: Request) -> IdentityProvider:
    return _surroundings(request).identity


async def _verifier(request: Request) -> Verifier:
    return _surroundings(request).verifier


async def _keys(request: Request) -> KeyRing:
    return _surroundings(request).keys


async def _sign_out_time(request: Request) -> int:
    return _surroundings(request).sign_out_time()


Identity = Annotated[IdentityProvider, Depends(_identity)]
TokenVerifier = Annotated[Verifier, Depends(_verifier)]
Keys = Annotated[KeyRing, Depends(_keys)]
SignOutTime = Annotated[int, Depends(_sign_out_time)]
