"""An environment: one service with PostgreSQL, Cognito and users, running.

Tests reset it; they never build a second one for isolation's sake.
"""

import base64
import contextlib
import functools
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from apiproof import process_variables
from apiproof.application import ServedApplication, served_application
from apiproof.cognito import Cognito, other_services
from apiproof.cognito.errors import UserNotFound
from apiproof.conformance import ConformanceMonitor, monitor_responses
from apiproof.coverage import CoverageLog, record_responses
from apiproof.environment_config import filled
from apiproof.environment_setup import config_of, pool_settings, template_of
from apiproof.errors import UserError
from apiproof.http import ASGIApp
from apiproof.http.child.mounted_documents import declared_by
from apiproof.http.child.public_hosts import beginning_here
from apiproof.http.child.server_errors import ErrorSite, noticing_server_errors, recording_errors
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.http.forwarding import forward_to
from apiproof.jwt import NO_AUTH, presented, schemes
from apiproof.openapi.document import operations
from apiproof.postgres import Database, PostgresServer
from apiproof.public_address import public_address
from apiproof.redaction import redact, redact_headers
from apiproof.service import (
    Account,
    Document,
    OperationUnknown,
    SeedUser,
    Service,
    UserMissing,
)

SEED_USERS = 2  # where the service names none


class DatabaseMissing(UserError):
    """The service has no database."""


class Environment:
    """A service with its dependencies and users.

    Attributes:
        service: What the project told the kit.
        cognito: The user pool.
        config: Where everything is.
        document: The service's OpenAPI document.
        coverage_log: Every answer that any application of this environment gave.
        conformance: The answers that were not as the OpenAPI document says.
        server_errors: Where answers of 500 and above came from, one entry an answer.
        client: An HTTP client of the service.
    """

    def __init__(self, service: Service, cognito: Cognito, database: Database | None) -> None:
        self.service = service
        self.cognito = cognito
        self._database = database
        self.config = config_of(cognito, database)
        self.coverage_log = CoverageLog()
        self.server_errors: list[ErrorSite] = []
        self.client: HttpClient
        self._served: ServedApplication | None = None
        self._numbers = itertools.count(1)
        self._shared_account: Account | None = None
        self._users: dict[str, Account] = {}

    @classmethod
    @contextlib.contextmanager
    def open(
        cls,
        service: Service,
        *,
        http: bool = False,
        database: Database | None = None,
        client: bool = True,
    ) -> Iterator[Self]:
        """Start everything that the service depends on; all is gone afterwards.

        Args:
            service: The service.
            http: Whether Cognito is an HTTP endpoint that any AWS SDK reaches, rather than boto3
                being intercepted in this process.
            database: A migrated one to use, and to drop at the end; by default one of a server
                started for it.
            client: Whether `client` reaches an application in this process; False leaves it to
                whoever serves one.
        """
        is_child = isinstance(service.app, str)
        with contextlib.ExitStack() as stack:
            stack.enter_context(process_variables.changed(process_variables.isolation()))
            cognito = stack.enter_context(
                Cognito.start(pool_settings(service), http=http or is_child)
            )
            cognito.trigger = service.trigger
            stack.enter_context(public_address(cognito))
            if database is None and service.database:
                tcp = http or is_child or bool(service.variables)
                server = stack.enter_context(PostgresServer.start(tcp=tcp))
                database = server.clone(template_of(server, service, cognito))
            if database is not None:
                stack.enter_context(database)
            env = cls(service, cognito, database)
            stack.enter_context(process_variables.changed(env.variables()))
            service.fill_aws(env.config)
            stack.enter_context(noticing_server_errors(Path.cwd()))
            if isinstance(service.app, str):
                env._served = stack.enter_context(
                    served_application(service.app, {}, service.python, env._note_error)
                )
            if client:
                env.client = stack.enter_context(AsgiClient(env.application()))
            yield env

    @property
    def database(self) -> Database:
        """The service's database.

        Raises:
            DatabaseMissing: It has none.
        """
        if self._database is None:
            raise DatabaseMissing("The service file says `database=False`.")
        return self._database

    @functools.cached_property
    def document(self) -> Document:
        """The service's OpenAPI document, with undeclared security; see `declared`."""
        return self.service.secured(self.declared)

    @functools.cached_property
    def declared(self) -> Document:
        """The service's OpenAPI document: its own, what the application declares, or its file.

        Raises:
            ApplicationNotLoaded: There is none.
        """
        return self._declared_by(None)

    def _declared_by(self, app: ASGIApp | None) -> Document:
        """The document, of a new application where None is given and one is needed."""
        if self.service.make_document is not None:
            return self.service.make_document()
        if self._served is None:
            declared = declared_by(app or self.service.create_app(self.config))
        else:
            declared = self._served.document
        return declared or self.service.document()

    @functools.cached_property
    def conformance(self) -> ConformanceMonitor:
        """The answers that were not as the OpenAPI document says."""
        return ConformanceMonitor(self.document)

    def variables(self) -> dict[str, str | None]:
        """Return the environment variables that the application is given."""
        endpoint = self.config.cognito_endpoint
        return {
            "AWS_REGION": self.config.region,
            "AWS_DEFAULT_REGION": self.config.region,
            **({"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": endpoint} if endpoint else {}),
            **beginning_here(filled(self.service.variables, self.config)),
        }

    def application(self) -> ASGIApp:
        """Build an application whose answers are recorded and compared with the document.

        Of an import path there is one application, in a child process, that all others forward to.
        """
        if self._served is not None:
            app = forward_to(self._served.base_url, keep_host=True)
        else:
            app = self.service.create_app(self.config)
            if "declared" not in vars(self):  # an application takes long to describe itself
                self.declared = self._declared_by(app)
            app = recording_errors(app, self._note_error, Path.cwd())
        monitored = monitor_responses(app, self.document, self.conformance)
        return record_responses(monitored, self.document, self.coverage_log)

    def _note_error(self, values: dict[str, Any]) -> None:
        shown = {name: redact(values[name]) for name in ("query", "body", "answer")}
        headers = redact_headers(values["headers"])
        self.server_errors.append(ErrorSite(**{**values, **shown, "headers": headers}))

    def reset(self) -> None:
        """Empty database, user pool and other services; the pool, its client and keys stay."""
        if self._database is not None:
            self._database.truncate_all()
        self.cognito.reset()
        other_services.forget()
        self.service.fill_aws(self.config)
        self._shared_account = None
        self._users.clear()

    @property
    def users(self) -> dict[str, Account]:
        """The seeded users by username; they are made when they are first asked for."""
        if not self._users:
            seeds = self.service.seed_users or tuple(self._new_user() for _ in range(SEED_USERS))
            for seed in seeds:
                self._users[seed.username] = self.create_user(seed)
        return self._users

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
        return self.create_user(self._new_user(), scopes)

    def shared_account(self) -> Account:
        """Return the account that harmless requests share, made at the first call."""
        if self._shared_account is None:
            self._shared_account = self.new_account()
        return self._shared_account

    def create_unconfirmed_user(self) -> SeedUser:
        """Sign a new user up and leave the account unconfirmed."""
        seed = self._new_user()
        if self.service.sign_up is None:
            self.cognito.create_user(seed.username, seed.email, seed.password, confirmed=False)
        else:
            self.service.sign_up(self, seed)
        return seed

    def account_with_temporary_password(self) -> Account:
        """Return a new account whose password has to be changed at the next login."""
        account = self.new_account()
        self.aws.admin_set_user_password(
            UserPoolId=self.cognito.user_pool_id,
            Username=account.username,
            Password=account.password,
            Permanent=False,
        )
        return account

    def account_with_app(self) -> Account:
        """Return a new account whose login asks for a code of the user's authenticator app."""
        account = self.new_account()
        self.cognito.set_up_app(account.username)
        return account

    def code(self, username: str) -> str:
        """Return what a user's authenticator app shows, or else the newest code that was mailed."""
        return self.cognito.app_code(username) or self.cognito.outbox.last(username).code

    def token(self, username: str, scopes: Sequence[str] | None = None) -> str:
        """Mint a token for a user with exactly these scopes, of the kind that the service takes.

        Raises:
            UserMissing: The pool has no such user.
        """
        try:
            tokens = self.cognito.issue_tokens(username, scopes)
        except UserNotFound:
            raise self._missing(username) from None
        is_id = self.service.token == "id"  # noqa: S105  # a kind of token
        return tokens.id_token if is_id else tokens.access_token

    def invalidate(self, username: str) -> None:
        """Never hand out an account again: its session has ended."""
        if self._shared_account is not None and self._shared_account.username == username:
            self._shared_account = None

    def _new_user(self) -> SeedUser:
        return self.service.user(next(self._numbers))

    def create_user(self, seed: SeedUser, scopes: Sequence[str] | None = None) -> Account:
        """Make an account, confirm it and sign it in.

        Args:
            seed: Who.
            scopes: The scopes of the access token; None means what the trigger grants.
        """
        sub = self._signed_up(seed)
        for group in seed.groups:
            self.join(seed.username, group)
        tokens = self.cognito.issue_tokens(seed.username, scopes)
        account = Account(
            username=seed.username,
            email=seed.email,
            sub=sub,
            scopes=scopes_of(tokens.access_token),
            password=seed.password,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            id_token=tokens.id_token,
        )
        if self.service.prepare_account is not None:
            self.service.prepare_account(self.config, account)
        if self.service.first_request:
            self._call_first(account)
        return account

    def _call_first(self, account: Account) -> None:
        """Make the caller's own row, as the first request of an application's front end does."""
        named = self.service.first_request
        found = [each for each in operations(self.document) if each.operation_id == named]
        if not found:
            raise OperationUnknown(
                f"`first_request` of the service file names {named}: the document has no such "
                "operationId."
            )
        token = self.token(account.username, found[0].scopes or None)
        auth = presented(found[0].security, schemes(self.document), token) or NO_AUTH
        self.client.request(found[0].method, found[0].path, **auth.as_arguments())

    def _signed_up(self, seed: SeedUser) -> str:
        if self.service.sign_up is None:
            return self.cognito.create_user(seed.username, seed.email, seed.password)
        sub = self.service.sign_up(self, seed)
        if not self.cognito.is_confirmed(seed.username):
            if self.service.confirm is not None:
                self.service.confirm(self, seed.username, self.code(seed.username))
            else:
                pool = {"UserPoolId": self.cognito.user_pool_id, "Username": seed.username}
                self.aws.admin_confirm_sign_up(**pool)
        return sub or self.cognito.sub_of(seed.username)

    def join(self, username: str, group: str) -> None:
        """Put a user into a group of the pool, which is made where it is missing."""
        pool = {"UserPoolId": self.cognito.user_pool_id, "GroupName": group}
        with contextlib.suppress(self.aws.exceptions.GroupExistsException):
            self.aws.create_group(**pool)
        self.aws.admin_add_user_to_group(**pool, Username=username)

    @functools.cached_property
    def aws(self) -> Any:
        """A boto3 client of this environment's Cognito, with an operator's rights."""
        return self.cognito.client()

    @property
    def scopes(self) -> tuple[str, ...]:
        """Every scope that the document asks for."""
        asked = {
            scope
            for operation in operations(self.document)
            for alternative in operation.security
            for _, scopes in alternative
            for scope in scopes
        }
        return tuple(sorted(asked))

    def missing_scopes(self) -> tuple[str, ...]:
        """Return the scopes that the document asks for and no seeded user's token has.

        Cognito grants them by a Pre Token Generation trigger, or to tokens of the hosted UI.
        """
        granted = {scope for account in self.users.values() for scope in account.scopes}
        return tuple(scope for scope in self.scopes if scope not in granted)


def scopes_of(access_token: str) -> tuple[str, ...]:
    """Read the scopes out of an access token of ours, without Cognito's own `aws.*` ones."""
    payload = access_token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return tuple(name for name in claims.get("scope", "").split() if not name.startswith("aws."))
