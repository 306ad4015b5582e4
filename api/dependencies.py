"""What the service stands on, built once per process: database, identity provider, keys, clock.

`create_app` builds it from the settings; tests hand in one with parts replaced.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Self

from fastapi import Depends, Request
from sqlalchemy import Engine

from api.database import Database, Share, build_engine
from api.errors import DatabaseUnavailable, IdentityUnavailable, KeysUnavailable
from api.identity.cognito import Cognito
from api.identity.jwks import HttpJwks
from api.identity.jwt import JwksCache, JwtVerifier
from api.identity.protocols import AccessToken, IdentityProvider, JwksSource, TokenVerifier
from api.limits import Bulkhead
from api.settings import Settings
from api.shared_look import SharedLook
from api.transactions import Transactions

_LOOKUP_THREADS = 4  # they only wait for one and the same fetch


@dataclass(frozen=True)
class AppState:
    """What one process of the service stands on.

    Attributes:
        database: transactions, in threads of their own.
        identity: holds accounts, passwords and codes; it blocks.
        keys: of the pool.
        verifier: of the pool's tokens; it blocks where it needs a key that is not at hand.
        calls: threads for what asks the identity provider alone.
        accounts: threads for what asks it and the database, with connections of their own.
        account_rows: those connections.
        signups: threads for those who have no account yet: they must not delay those who have.
        signup_rows: connections for them.
        lookups: threads for what waits for keys.
        readiness: the look of those who ask whether the service is ready.
        clock: epoch seconds.
        clock_skew: seconds that the identity provider's clock may be ahead.
        deadline: seconds that a request has in all.
        unconfirmed_lifetime: seconds after which an unconfirmed account makes way.
    """

    database: Database
    identity: IdentityProvider
    keys: JwksCache
    verifier: TokenVerifier
    calls: Bulkhead
    accounts: Bulkhead
    account_rows: Transactions
    signups: Bulkhead
    signup_rows: Transactions
    lookups: Bulkhead
    readiness: SharedLook
    clock: Callable[[], float]
    clock_skew: int
    deadline: float
    unconfirmed_lifetime: float

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
        timeout = settings.cognito_connect_timeout + settings.cognito_read_timeout
        keys = JwksCache(
            jwks or HttpJwks(settings.jwks_url, timeout=settings.cognito_read_timeout),
            lifespan=settings.jwks_lifespan,
            cooldown=settings.jwks_cooldown,
            patience=min(timeout, settings.request_deadline),
            clock=time.monotonic,
        )
        verifier = JwtVerifier(
            keys,
            issuer=settings.issuer,
            client_id=settings.aws_cognito_app_client_id,
            clock_skew=settings.clock_skew,
            clock=clock,
        )
        queue, threads = settings.request_queue, settings.cognito_threads
        engine = engine or build_engine(settings)
        # With a connection for each, none of them waits for one.
        database_threads = min(settings.database_threads, settings.database_pool_size)
        connections = settings.database_pool_size + settings.database_max_overflow
        each = max(1, (connections - database_threads) // 2)
        share = partial(Share, engine, each, timeout=settings.database_pool_timeout)
        # A row that is locked takes no more than half of a share's connections.
        asking = partial(
            Bulkhead, IdentityUnavailable, threads=threads, queue=queue, for_a_row=max(1, each // 2)
        )
        return cls(
            database=Database(engine, threads=database_threads, queue=queue),
            identity=identity or Cognito(settings),
            keys=keys,
            verifier=verifier,
            calls=asking(),
            accounts=asking(),
            account_rows=share(),
            signups=asking(),
            signup_rows=share(),
            lookups=Bulkhead(KeysUnavailable, threads=_LOOKUP_THREADS, queue=queue),
            readiness=SharedLook(DatabaseUnavailable),
            clock=clock,
            clock_skew=settings.clock_skew,
            deadline=settings.request_deadline,
            unconfirmed_lifetime=settings.unconfirmed_lifetime,
        )

    def sign_out_cutoff(self) -> int:
        """The latest time, in epoch seconds, that a token issued by now may bear."""
        return int(self.clock()) + self.clock_skew

    async def verify(self, token: str) -> AccessToken:
        """Verify a caller's token; only one whose key is not at hand waits.

        Args:
            token: as presented.

        Raises:
            TokenInvalid, KeysUnavailable
        """
        verified = self.verifier.verify_at_hand(token)
        if verified is None:
            return await self.lookups.run(lambda: self.verifier.verify(token))
        return verified


async def get_state(request: Request) -> AppState:
    """Return what this process of the service stands on."""
    state: AppState = request.app.state.dependencies
    return state


State = Annotated[AppState, Depends(get_state)]
