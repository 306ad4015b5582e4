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
from api.identity.cognito import Cognito
from api.identity.jwks import HttpJwks, JwksCache
from api.identity.jwt import JwtVerifier
from api.identity.protocols import IdentityProvider, JwksSource
from api.identity.protocols import TokenVerifier as Verifier
from api.settings import Settings


@dataclass(frozen=True)
class AppState:
    """The world as one process of the service sees it."""

    engine: Engine
    identity: IdentityProvider
    keys: JwksCache
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
        keys = JwksCache(
            jwks or HttpJwks(settings.jwks_url, timeout=settings.cognito_read_timeout),
            lifespan=settings.jwks_lifespan,
            cooldown=settings.jwks_cooldown,
            clock=time.monotonic,
        )
        verifier = JwtVerifier(
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

    def sign_out_cutoff(self) -> int:
        """The latest time, in epoch seconds, that a token issued by now may bear."""
        return int(self.clock()) + self.clock_skew


def get_state(request: Request) -> AppState:
    """Return what this process of the service stands on."""
    state: AppState = request.app.state.dependencies
    return state


async def _identity(request: Request) -> IdentityProvider:
    return get_state(request).identity


async def _verifier(request: Request) -> Verifier:
    return get_state(request).verifier


async def _keys(request: Request) -> JwksCache:
    return get_state(request).keys


async def _sign_out_cutoff(request: Request) -> int:
    return get_state(request).sign_out_cutoff()


Identity = Annotated[IdentityProvider, Depends(_identity)]
TokenVerifier = Annotated[Verifier, Depends(_verifier)]
Keys = Annotated[JwksCache, Depends(_keys)]
SignOutCutoff = Annotated[int, Depends(_sign_out_cutoff)]
