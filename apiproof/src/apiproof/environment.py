"""An environment: one service with its stand-ins running (PostgreSQL, Cognito, users).

It knows the service only through `Service`. Tests reset it; they never build a second one for
isolation's sake.
"""

import base64
import contextlib
import functools
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, Self

from apiproof.cognito import Cognito, PoolSettings
from apiproof.cognito.errors import UserNotFound
from apiproof.conformance import ConformanceMonitor, monitor_responses
from apiproof.coverage import CoverageLog, record_responses
from apiproof.errors import UserError
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.postgres import Database, PostgresServer
from apiproof.service import Account, ASGIApp, EnvironmentConfig, SeedUser, Service


class UserMissing(UserError):
    """No such user lives in this environment; the text names those who do."""


class Environment:
    """The stand-ins of a service and the people who live among them.

    Attributes:
        service: What the project told the kit.
        cognito: The user pool.
        database: A migrated database of its own.
        surroundings: Where they are.
        coverage_log: Every answer that any application of this environment gave.
        departures: Those that were not as the OpenAPI document says.
        client: An HTTP client of the service.
    """

    def __init__(self, service: Service, cognito: Cognito, database: Database) -> None:
        self.service = service
        self.cognito = cognito
        self.database = database
        self.coverage_log = CoverageLog()
        self.config = EnvironmentConfig(
            database_url=database.url,
            region=cognito.region,
            user_pool_id=cognito.user_pool_id,
            client_id=cognito.client_id,
            client_secret=cognito.client_secret,
            issuer=cognito.issuer,
            jwks_url=cognito.jwks_url,
            cognito_endpoint=cognito.endpoint_url,
        )
        self.client: HttpClient
        self._document = service.document()
        self.conformance = ConformanceMonitor(self._document)
        self._numbers = itertools.count(1)
        self._standing: Account | None = None
        self._people: dict[str, Account] = {}

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, service: Service, *, http: bool = False, database: Database | None = None
    ) -> Iterator[Self]:
        """Start the stand-ins and an in-process application; everything is gone afterwards.

        Args:
            service: The service to put among them.
            http: Whether Cognito is an HTTP endpoint that any AWS SDK reaches, rather than boto3
                being intercepted in this process.
            database: A migrated one to use, and to drop at the end; by default one of a server
                started for it.
        """
        with contextlib.ExitStack() as stack:
            if database is None:
                server = stack.enter_context(PostgresServer.start(tcp=http))
                database = server.clone(server.template(service.schema_version, service.migrate))
            stack.enter_context(database)
            cognito = stack.enter_context(Cognito.start(PoolSettings(), http=http))
            stack.enter_context(_invented_credentials())
            cognito.trigger = service.trigger
            env = cls(service, cognito, database)
            env.client = stack.enter_context(AsgiClient(env.application()))
            yield env

    def application(self) -> ASGIApp:
        """Build a fresh application whose answers are recorded in the coverage log and judged."""
        app = self.service.create_app(self.config)
        watched = monitor_responses(app, self._document, self.conformance)
        return record_responses(watched, self._document, self.coverage_log)

    def reset(self) -> None:
        """Empty the database and the user pool; the pool, its client and its keys stay."""
        self.database.wipe()
        self.cognito.reset()
        self._standing = None
        self._people.clear()

    @property
    def users(self) -> dict[str, Account]:
        """The seeded users by username; they move in when they are first asked for."""
        if not self._people:
            for seed in self.service.seed_users:
                self._people[seed.username] = self.create_user(seed, None)
        return self._people

    def user(self, username: str) -> Account:
        """Return a seeded user.

        Raises:
            UserMissing: Nobody has that username.
        """
        try:
            return self.users[username]
        except KeyError:
            raise self._missing(username) from None

    def _missing(self, username: str) -> UserMissing:
        return UserMissing(f"No user {username!r} here. Choose one of: {', '.join(self.users)}.")

    def new_account(self, scopes: Sequence[str] | None = None) -> Account:
        """Return a new verified account that nobody else uses, signed in.

        Args:
            scopes: The scopes of its access token; None means what the trigger grants.
        """
        return self.create_user(self._stranger(), scopes)

    def shared_account(self) -> Account:
        """Return the account that harmless requests share, made at the first call."""
        if self._standing is None:
            self._standing = self.new_account()
        return self._standing

    def create_unconfirmed_user(self) -> SeedUser:
        """Sign a new user up and leave the account unconfirmed."""
        seed = self._stranger()
        self.service.sign_up(self.client, seed)
        return seed

    def code(self, username: str) -> str:
        """Return the newest code that Cognito mailed to a user."""
        return self.cognito.outbox.last(username).code

    def token(self, username: str, scopes: Sequence[str] | None = None) -> str:
        """Mint an access token for a user with exactly these scopes, as the pool would.

        Raises:
            UserMissing: The pool has no such user.
        """
        try:
            return self.cognito.issue_tokens(username, scopes).access_token
        except UserNotFound:
            raise self._missing(username) from None

    def invalidate(self, username: str) -> None:
        """Never hand out an account again: its session has ended."""
        if self._standing is not None and self._standing.username == username:
            self._standing = None

    def _stranger(self) -> SeedUser:
        name = f"stranger-{next(self._numbers)}"
        return SeedUser(name, f"{name}@example.com", "Correct-Horse-7-Battery")

    def create_user(self, seed: SeedUser, scopes: Sequence[str] | None = None) -> Account:
        """Sign a user up, confirm the account and sign them in.

        Args:
            seed: Who.
            scopes: The scopes of the access token; None means what the trigger grants.
        """
        sub = self.service.sign_up(self.client, seed)
        self.service.confirm(self.client, seed.username, self.code(seed.username))
        for group in seed.groups:
            self._join(seed.username, group)
        tokens = self.cognito.issue_tokens(seed.username, scopes)
        return Account(
            username=seed.username,
            email=seed.email,
            sub=sub,
            scopes=scopes_of(tokens.access_token),
            password=seed.password,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
        )

    def _join(self, username: str, group: str) -> None:
        pool = {"UserPoolId": self.cognito.user_pool_id, "GroupName": group}
        with contextlib.suppress(self.aws.exceptions.GroupExistsException):
            self.aws.create_group(**pool)
        self.aws.admin_add_user_to_group(**pool, Username=username)

    @functools.cached_property
    def aws(self) -> Any:
        """A boto3 client of this environment's Cognito, with an operator's rights."""
        return self.cognito.client()


@contextlib.contextmanager
def _invented_credentials() -> Iterator[None]:
    """Give AWS SDKs credentials that open nothing: stand-ins check none, and real ones stay out."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "apiproof"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def scopes_of(access_token: str) -> tuple[str, ...]:
    """Read the scopes out of an access token of ours, without Cognito's own `aws.*` ones."""
    payload = access_token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return tuple(name for name in claims.get("scope", "").split() if not name.startswith("aws."))
