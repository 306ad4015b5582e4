"""What a project tells the kit about its service; nearly everything is optional.

A project writes one module that builds a `Service` and names it in `pyproject.toml`:

    [tool.apiproof]
    service = "tests.service:SERVICE"

The least that will do is `SERVICE = Service("app.main:app")`; `apiproof init` writes the rest.
"""

import importlib
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from apiproof import application
from apiproof.environment_config import EnvironmentConfig, filled, placeholder_config
from apiproof.errors import UserError
from apiproof.http import ASGIApp
from apiproof.openapi.document import load_document
from apiproof.openapi.undeclared import BEARER, with_security
from apiproof.process_variables import import_from

__all__ = [
    "ASGIApp",
    "Account",
    "AdjustableRequest",
    "Client",
    "Confirm",
    "Document",
    "EnvironmentConfig",
    "EnvironmentControl",
    "RequestOverride",
    "SeedUser",
    "Service",
    "ServiceNotFound",
    "SignUp",
    "Trigger",
    "configured_service",
    "load_service",
]

Trigger = Callable[[dict[str, Any], object], dict[str, Any]]
Document = dict[str, Any]
DEFAULT_MODULE = "apiproof_service"
PASSWORD = "Correct-Horse-7-Battery"  # noqa: S105  # of invented users, who live for one run


class ServiceNotFound(UserError):
    """No service is named, or what is named cannot be loaded; the text says what to do."""


class OperationUnknown(UserError):
    """The service file names an operation that the document does not have."""


class UserMissing(UserError):
    """No such user is in this environment; the text names those who are."""


@dataclass(frozen=True)
class Account:
    """A user who can be used: verified, signed in; secrets stay out of its repr."""

    username: str
    email: str
    sub: str
    scopes: tuple[str, ...]
    password: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class SeedUser:
    """A user to exist when an environment opens; `groups` decide what scopes the trigger grants."""

    username: str
    email: str
    password: str = field(default=PASSWORD, repr=False)
    groups: tuple[str, ...] = ()


def invented_user(number: int) -> SeedUser:
    """Return the user of a number; the default of `Service.new_user`."""
    name = f"user-{number}"
    return SeedUser(name, f"{name}@example.com")


class Response(Protocol):
    """The part of `requests.Response` that a service reads."""

    status_code: int

    def json(self) -> Any:
        """Return the decoded body."""
        ...


class Client(Protocol):
    """An HTTP client of the service, in-process or over the loopback; paths are relative."""

    def request(self, method: str, url: str, **kwargs: Any) -> Response:
        """Send one request; arguments as for `requests.Session.request`."""
        ...


class EnvironmentControl(Protocol):
    """What callbacks may ask of the environment, in-process and against a live server alike."""

    @property
    def client(self) -> Client:
        """An HTTP client of the service."""
        ...

    def new_account(self, scopes: Sequence[str] | None = None) -> Account:
        """Return a new verified account that nobody else uses, signed in."""
        ...

    def shared_account(self) -> Account:
        """Return the account that harmless requests share."""
        ...

    def invalidate(self, username: str) -> None:
        """Never hand out an account again: its session has ended."""
        ...

    def token(self, username: str, scopes: Sequence[str] | None = None) -> str:
        """Mint a token for a user with exactly these scopes, of the kind that the service takes."""
        ...

    def create_unconfirmed_user(self) -> SeedUser:
        """Sign a new user up and leave the account unconfirmed."""
        ...

    def account_with_temporary_password(self) -> Account:
        """Return a new account whose password has to be changed at the next login."""
        ...

    def account_with_app(self) -> Account:
        """Return a new account whose login asks for a code of the user's authenticator app."""
        ...

    def code(self, username: str) -> str:
        """Return what a user's authenticator app shows, or else the newest code that was mailed."""
        ...


class AdjustableRequest(Protocol):
    """The part of a generated request that an override may replace."""

    body: Any
    path_parameters: dict[str, Any]
    query: dict[str, Any]


SignUp = Callable[[EnvironmentControl, SeedUser], str | None]
Confirm = Callable[[EnvironmentControl, str, str], None]
RequestOverride = Callable[[EnvironmentControl, AdjustableRequest], None]


@dataclass(frozen=True)
class Service:
    """A service, as far as the kit has to know it; only `app` is required.

    Attributes:
        app: The ASGI application, or what makes one: an import path (`app.main:app`,
            `app.main:create_app`), an application, or a function that takes nothing or an
            `EnvironmentConfig`. An import path is imported once the variables are set.
        name: The provider's name in pact files; default: the project's name.
        python: The interpreter of the project's own virtual environment, to serve an import path
            from a child process with the project's own libraries; the kit need not be installed
            there, uvicorn must be. None serves from this process.
        variables: The environment variables that the application reads, as templates:
            `{"DB_HOST": "{database_host}"}`. The names are those of `variables.FIELDS`; boto3's
            own variables (region, endpoint, credentials) are set without being asked for.
        document_path: The committed OpenAPI document.
        make_document: Returns the OpenAPI document without an environment; default: what the
            application declares.
        database: Whether there is one, PostgreSQL.
        migrations: What brings an empty database up to date: a function of its SQLAlchemy URL, the
            path of an `alembic.ini`, SQLAlchemy's `MetaData`, or the import path of one or of a
            class that has one (`app.models:Base`). None leaves it to the application.
        schema_version: Names the database schema; equal versions may share a template database.
        region: The AWS region of the pool.
        user_pool_id: The pool's id, where the application's code names it; default: invented.
        client_id: The app client's id, likewise.
        pool: More settings of the pool, in the shape of CreateUserPool's request.
        pool_client: More settings of its app client, in the shape of CreateUserPoolClient's.
        trigger: The Pre Token Generation V2 handler that the deployment uploads.
        token: The kind of token that the service takes as a credential.
        new_user: Makes the user of a number; default: `user-1` and so on, or e-mail addresses where
            the pool's `UsernameAttributes` ask for them.
        seed_users: The users that exist when an environment opens; default: two of `new_user`.
        sign_up: Makes a user's account as the service does it (HTTP, rows of its own) and returns
            the sub, if it knows: `(env, user)`. Default: the user is put into the pool.
        confirm: Confirms a user whom `sign_up` left unconfirmed: `(env, username, code)`. Default:
            by the pool's administrator.
        ends_session: operationIds whose success makes the caller's token useless.
        request_overrides: operationId -> function that turns a generated request into one that can
            succeed, where the schema cannot say what that takes (a code that was mailed, say).
        body_fixers: operationId -> function that repairs a positive body which breaks a rule that
            the schema cannot say (`min_value <= max_value`).
        disable: Disables an account as the service's operators would: `(config, username)`.
        asgi_target: The application as uvicorn loads it, for tests that run it as it is deployed.
        environment_variables: What `asgi_target` reads, for a configuration.
        undeclared_security: operationId -> scopes, for operations that ask for a token while the
            document does not say so.
        undeclared_scheme: How those take it, an OpenAPI Security Scheme Object; a cookie is
            `{"type": "apiKey", "in": "cookie", "name": "access_token"}`. Default: a bearer token.
        prepare_aws: Makes what the application expects in other services of AWS (buckets, tables,
            queues), with plain boto3 clients: `(config)`. They are moto's, and begin empty.
        prepare_account: Gives a new account the rows that it is to have, where no operation makes
            them: `(config, account)`.
        first_request: operationId of a GET that each new account calls once, since it makes the
            caller's own row (`GET /me`) and nothing else lets in whoever has none.
        conformance: Whether a test fails when any answer departs from the document; plain FastAPI
            declares 200 and 422 alone.
        pacts: The folder of pact files.
        states: The provider states, an `apiproof.pacts.states.StateRegistry`.
    """

    app: ASGIApp | Callable[..., ASGIApp] | str
    name: str = ""
    python: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    document_path: Path = Path("openapi.json")
    make_document: Callable[[], Document] | None = None
    database: bool = True
    migrations: Any = None
    schema_version: str = "schema"
    region: str = "us-east-1"
    user_pool_id: str = ""
    client_id: str = ""
    pool: Mapping[str, Any] = field(default_factory=dict)
    pool_client: Mapping[str, Any] = field(default_factory=dict)
    trigger: Trigger | None = None
    token: Literal["access", "id"] = "access"  # noqa: S105  # a kind of token
    new_user: Callable[[int], SeedUser] | None = None
    seed_users: tuple[SeedUser, ...] = ()
    sign_up: SignUp | None = None
    confirm: Confirm | None = None
    ends_session: tuple[str, ...] = ()
    request_overrides: Mapping[str, RequestOverride] = field(default_factory=dict)
    body_fixers: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    disable: Callable[[EnvironmentConfig, str], None] | None = None
    asgi_target: str | None = None
    environment_variables: Callable[[EnvironmentConfig], Mapping[str, str]] | None = None
    undeclared_security: Mapping[str, Sequence[str]] = field(default_factory=dict)
    undeclared_scheme: Mapping[str, Any] = field(default_factory=lambda: BEARER)
    prepare_aws: Callable[[EnvironmentConfig], None] | None = None
    prepare_account: Callable[[EnvironmentConfig, Account], None] | None = None
    first_request: str = ""
    conformance: bool = False
    pacts: Path = Path("pacts")
    states: Any = None

    def __post_init__(self) -> None:
        """Name the service after its project where it has no name."""
        if not self.name:
            object.__setattr__(self, "name", _project_setting("project", "name") or Path.cwd().name)

    def user(self, number: int) -> SeedUser:
        """Return the invented user of a number."""
        if self.new_user is not None:
            return self.new_user(number)
        user = invented_user(number)
        if self.pool.get("UsernameAttributes"):
            return SeedUser(user.email, user.email)
        return user

    def fill_aws(self, config: EnvironmentConfig) -> None:
        """Make what the application expects in other services of AWS."""
        if self.prepare_aws is not None:
            self.prepare_aws(config)

    def create_app(self, config: EnvironmentConfig) -> ASGIApp:
        """Build the ASGI application, or import it.

        Raises:
            ApplicationNotLoaded: It cannot be had; the text says why.
        """
        return application.create_app(self.app, config)

    def migrate(self, database_url: str, config: EnvironmentConfig | None = None) -> None:
        """Bring the database at a SQLAlchemy URL up to date.

        Args:
            database_url: With psycopg2.
            config: What the variables of a migration's process are filled with.

        Raises:
            MigrationsFailed: They fail; the text says why.
        """
        where = replace(config or placeholder_config(self.region), database_url=database_url)
        variables = filled(self.variables, where)
        application.migrate(self.migrations, database_url, variables, self.python)

    def document(self) -> Document:
        """Return the OpenAPI document without an environment, with undeclared security.

        Raises:
            ApplicationNotLoaded: There is no document to be had without an environment.
            OperationUnknown: `undeclared_security` names what the document does not have.
        """
        return self.secured(self._document())

    def secured(self, document: Document) -> Document:
        """Return a document with the service's undeclared security.

        Raises:
            OperationUnknown: `undeclared_security` names what the document does not have.
        """
        try:
            return with_security(document, self.undeclared_security, self.undeclared_scheme)
        except ValueError as missing:
            raise OperationUnknown(
                f"`undeclared_security` of the service file names {missing}: "
                "the document has no such operationId."
            ) from None

    def _document(self) -> Document:
        """Return the OpenAPI document as it is declared.

        That is what `make_document` returns, or else the committed document, or else what the
        application declares when it is imported with invented variables.

        Raises:
            ApplicationNotLoaded: There is no document to be had without an environment.
        """
        if self.make_document is not None:
            return self.make_document()
        if self.document_path.is_file():
            return load_document(self.document_path)
        variables = filled(self.variables, placeholder_config(self.region))
        return application.declared_document(self.app, variables, self.python)


def load_service(name: str | None = None) -> Service:
    """Import the service named `module:attribute`.

    Args:
        name: Overrides `APIPROOF_SERVICE` and `[tool.apiproof] service` of the nearest
            `pyproject.toml`, in this order.

    Raises:
        ServiceNotFound: Nothing is named, or the name does not lead to a `Service`.
    """
    chosen = name or configured_service()
    module_name, _, attribute = chosen.partition(":")
    import_from()
    try:
        found = getattr(importlib.import_module(module_name), attribute or "SERVICE")
    except Exception as error:  # whatever the project's own modules raise
        raise ServiceNotFound(
            f"The service {chosen!r} cannot be loaded ({type(error).__name__}: {error}). "
            "Run from the project's root, or name it as --service package.module:SERVICE."
        ) from error
    if not isinstance(found, Service):
        raise ServiceNotFound(f"{chosen!r} is a {type(found).__name__}, not an apiproof Service.")
    return found


def configured_service() -> str:
    """Return the service's name from `APIPROOF_SERVICE` or the nearest `pyproject.toml`.

    Without either, it is that of `apiproof_service.py` in the current folder, as `init` writes it.

    Raises:
        ServiceNotFound: None of these is there.
    """
    if name := os.environ.get("APIPROOF_SERVICE"):
        return name
    if name := _project_setting("tool", "apiproof", "service"):
        return name
    if Path(f"{DEFAULT_MODULE}.py").is_file():
        return f"{DEFAULT_MODULE}:SERVICE"
    raise ServiceNotFound(
        "No service is named. Run `apiproof init` to write a service file, or add "
        '`service = "package.module:SERVICE"` under [tool.apiproof] in pyproject.toml, '
        "set APIPROOF_SERVICE, or pass --service."
    )


def _project_setting(*names: str) -> str:
    """Return a setting of the nearest `pyproject.toml` that has it; empty where none has."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            node: Any = tomllib.loads(path.read_text(encoding="utf-8"))
            for name in names:
                node = node.get(name, {})
            if isinstance(node, str):
                return node
    return ""
